import type { Client } from "@connectrpc/connect";
import type { Counters } from "#common/limits.ts";
import { requireUser } from "#common/rpc/caller.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AddMemberRequest, RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Call, Handler } from "#rpc";
import { getManagedRoom } from "../rooms/rooms.ts";
import { type Members, makeMember } from "./join-room.ts";
import type { Users } from "./users.ts";

/** Of one user, who may fill a room; more would find every user by guessed ids. */
const additionsPerMinute = 300;

/** Where users are looked up. */
export interface Directory {
  users: Pick<Users, "find">;
  auth: Pick<Client<typeof AuthService>, "findUser">;
}

export const addMember = (
  members: Members,
  directory: Directory,
  counters: Pick<Counters, "create">,
): Handler<typeof RoomService, "addMember"> => {
  const additions = counters.create("additions", additionsPerMinute);
  return async (req, call) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(members.store, req.roomId, userId);
    await additions.count(userId);
    const addedId = await findUserId(directory, req, call);
    // The store checks again that the caller is a member: the lookup has taken its time.
    const added = await makeMember(members, room.id, addedId, { byUserId: userId });
    return { room: added.room };
  };
};

/** Usernames are asked for with the caller's own token: whom they may find, auth decides. */
async function findUserId(
  { auth, users }: Directory,
  req: AddMemberRequest,
  call: Call,
): Promise<string> {
  if (req.username === undefined) {
    const user = await users.find(req.userId ?? "");
    if (!user) throw new AppError("USER_NOT_FOUND");
    return user.id;
  }
  const authorization = call.requestHeader.get("authorization") ?? "";
  const { user } = await auth
    .findUser({ username: req.username }, { headers: { authorization }, signal: call.signal })
    .catch((error: unknown) => {
      throw fromConnectError(error);
    });
  if (!user) throw new AppError("USER_NOT_FOUND");
  return user.id;
}
