import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError } from "#contract/errors.ts";
import type { AddMemberRequest } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";
import { addMember, getManagedRoom } from "../rooms/rooms.ts";

/** Of one user, who may fill a room; by guessed ids he could find everybody, and bother them. */
const additionsPerMinute = 300;

export const addMemberHandler = (ctx: MessageContext) => {
  const additions = ctx.counters.create("additions", additionsPerMinute);
  return async (req: AddMemberRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(ctx.store, req.roomId, userId);
    await additions.count(userId);
    const addedId = await findUserId(ctx, req, call);
    // The store looks again whether he is a member: finding the other has taken its time.
    return { room: await addMember(ctx, room.id, addedId, { byUserId: userId }) };
  };
};

/** Usernames are asked for with the caller's own token: whom he may find, auth decides. */
async function findUserId(
  { auth, names }: MessageContext,
  req: AddMemberRequest,
  call: HandlerContext,
): Promise<string> {
  if (req.username === undefined) {
    const user = await names.find(req.userId ?? "");
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
