import type { Logger } from "#common/log.ts";
import { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, socketsIn, userRoomName } from "#message/socket/chat-server.ts";
import type { MessageStore, PresenceChange } from "#message/store/store.ts";
import { startPolling } from "../follower.ts";

/** Durations of presence, in milliseconds: see `budgets.presence`. */
export interface PresenceTimes {
  grace: number;
  lease: number;
  renew: number;
}

/** Who is there by the sockets of this instance, and what the store knows of that. */
export interface Here extends AsyncDisposable {
  /** A user's sockets here, or what they say, may have changed. */
  look: (userId: string) => void;
  /** Undefined where the user isn't there by this instance. */
  statusOf: (userId: string) => PresenceStatus | undefined;
}

export interface HereOptions {
  io: ChatServer;
  store: Pick<MessageStore, "renewPresences" | "putPresences">;
  instanceId: string;
  times: PresenceTimes;
  /** A user is otherwise than before by this instance. */
  onChanged: (userId: string) => void;
  /** It is in the store. Those who have left count as here until this resolves. */
  onWritten: (changes: readonly PresenceChange[]) => Promise<void>;
  log: Logger;
}

/** A user with a socket here, or without one since a moment. */
interface User {
  status: PresenceStatus;
  leaving: NodeJS.Timeout | undefined;
  leftAt: Date | undefined;
  /** The user has left for good: here until that is written. */
  isGone: boolean;
}

/** What happens within so short a time is written at once. */
const gatherMs = 100;
const retryMs = 1_000;
const mostAtOnce = 1_000;

export function createHere(options: HereOptions): Here {
  const { io, store, instanceId, times, onChanged, onWritten, log } = options;
  const users = new Map<string, User>();
  /** Users of whom the store doesn't know yet how they are. */
  const unwritten = new Set<string>();
  let hasLease = false;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const renew = async () => {
    const wasKnown = await store.renewPresences(instanceId, times.lease);
    if (!wasKnown) for (const userId of users.keys()) write(userId);
    hasLease = true;
  };
  const changeOf = (userId: string): PresenceChange => {
    const user = users.get(userId);
    if (user && !user.isGone) return { userId, status: user.status, lastSeenAt: undefined };
    return { userId, status: PresenceStatus.OFFLINE, lastSeenAt: user?.leftAt };
  };
  const writeSome = async () => {
    if (!hasLease) await renew();
    const userIds = [...unwritten].slice(0, mostAtOnce);
    const written = userIds.map((userId) => ({ user: users.get(userId), userId }));
    const changes = userIds.map(changeOf);
    for (const userId of userIds) unwritten.delete(userId);
    try {
      await store.putPresences(instanceId, changes);
    } catch (error) {
      for (const userId of userIds) unwritten.add(userId);
      throw error;
    }
    await onWritten(changes);
    for (const { user, userId } of written) {
      if (!user?.isGone || users.get(userId) !== user) continue;
      users.delete(userId);
      onChanged(userId);
    }
  };
  /** One batch at a time, so that what is said later is written later. */
  const writeLater = (ms: number) => {
    timer ??= setTimeout(async () => {
      let pauseMs = gatherMs;
      await writeSome().catch((err: unknown) => {
        log.warn({ err }, "who is there was not written");
        pauseMs = retryMs;
      });
      timer = undefined;
      if (unwritten.size > 0 && !isClosed) writeLater(pauseMs);
    }, ms).unref();
  };
  const write = (userId: string) => {
    unwritten.add(userId);
    if (!isClosed) writeLater(gatherMs);
  };
  const leave = (userId: string, user: User) => {
    user.isGone = true;
    write(userId);
  };
  const renewing = startPolling({
    pauseMs: () => times.renew,
    ask: async () => {
      if (hasLease) await renew();
    },
    onFailure: (err) => log.warn({ err }, "who is there was not confirmed"),
  });

  return {
    statusOf: (userId) => users.get(userId)?.status,
    look(userId) {
      const user = users.get(userId);
      const sockets = socketsIn(io, userRoomName(userId));
      if (sockets.length === 0) {
        if (!user || user.leaving || isClosed) return;
        user.leftAt = new Date();
        user.leaving = setTimeout(leave, times.grace, userId, user).unref();
        return;
      }
      const isAway = sockets.every(({ data }) => data.isAway);
      const status = isAway ? PresenceStatus.AWAY : PresenceStatus.ONLINE;
      clearTimeout(user?.leaving);
      users.set(userId, { status, leaving: undefined, leftAt: undefined, isGone: false });
      if (user?.status === status && !user.isGone) return;
      onChanged(userId);
      write(userId);
    },
    /** Its users come back elsewhere, or are offline when the last one's grace is over. */
    async [Symbol.asyncDispose]() {
      isClosed = true;
      renewing[Symbol.dispose]();
      clearTimeout(timer);
      for (const { leaving } of users.values()) clearTimeout(leaving);
      if (hasLease) await store.renewPresences(instanceId, times.grace).catch(() => undefined);
    },
  };
}
