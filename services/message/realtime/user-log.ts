import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import { type ChatServer, socketsIn, userRoomName } from "../socket/chat-server.ts";
import { closeTransport } from "../socket/engine/close.ts";
import { createFollower, type Follower, type FollowerOptions, type Following } from "./follower.ts";

/** A numbered log that each user has, followed while they have a socket here. */
export interface UserLog<T> extends Omit<Follower<T>, "follow"> {
  /** Follows a user who is about to have a socket here. Never rejects. */
  follow: (userId: string) => Promise<Pick<Following, "end">>;
}

export interface UserLogOptions<T>
  extends Pick<FollowerOptions<T>, "numberOf" | "positions" | "read" | "release" | "announce"> {
  io: ChatServer;
  log: Logger;
  /** What is in it, in words for the log of the service. */
  what: string;
}

/** Of such a log the last item of a kind may be kept alone, so it has gaps; it begins at 0. */
export function createUserLog<T>({
  io,
  log,
  what,
  positions,
  ...options
}: UserLogOptions<T>): UserLog<T> {
  const follower = createFollower<T>({
    ...options,
    hasGaps: true,
    async positions(userIds) {
      const known = await positions(userIds);
      return new Map(userIds.map((userId) => [userId, known.get(userId) ?? 0]));
    },
    onStuck(userId) {
      log.error({ userId }, `${what} could not be read: the user's sockets have to resume`);
      for (const { conn } of socketsIn(io, userRoomName(userId))) closeTransport(conn);
    },
    isHeard: (userId) => io.sockets.adapter.rooms.has(userRoomName(userId)),
  });
  return {
    ...follower,
    async follow(userId) {
      const following = follower.follow(userId);
      // Without the store a socket is let in all the same; it resumes when the store is back.
      await withDeadline(following.opened, budgets.answer.socketFollow).catch((err: unknown) => {
        log.warn({ err, userId }, `a user's ${what} can't be followed yet`);
        following.skip();
      });
      return following;
    },
  };
}
