import type { Client } from "@connectrpc/connect";
import type { Counters } from "#common/limits.ts";
import { requireUser } from "#common/rpc/caller.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Call } from "#rpc";
import type { Users } from "./users.ts";

/** Of one user, who may fill a room; more would find every user by guessed ids. */
const lookUpsPerMinute = 300;

/** Where users are looked up. */
export interface Directory {
  users: Pick<Users, "find">;
  auth: Pick<Client<typeof AuthService>, "findUser">;
  counters: Pick<Counters, "create">;
}

/** One user, by an id or by a username. */
interface Wanted {
  userId?: string | undefined;
  username?: string | undefined;
}

/** The id of a user whom the caller names. @throws AppError USER_NOT_FOUND, RATE_LIMITED */
export type FindUser = (wanted: Wanted, call: Call) => Promise<string>;

/** Usernames are asked for with the caller's own token: whom they may find, auth decides. */
export function createFindUser({ users, auth, counters }: Directory): FindUser {
  const lookUps = counters.create("additions", lookUpsPerMinute);
  const findByName = async (username: string, call: Call) => {
    const authorization = call.header("authorization") ?? "";
    const { user } = await auth
      .findUser({ username }, { headers: { authorization }, signal: call.signal })
      .catch((error: unknown) => {
        throw fromConnectError(error);
      });
    return user;
  };
  return async ({ userId = "", username }, call) => {
    await lookUps.count(requireUser(call).userId);
    const user = await (username === undefined ? users.find(userId) : findByName(username, call));
    if (!user) throw new AppError("USER_NOT_FOUND");
    return user.id;
  };
}
