import { randomUUID } from "node:crypto";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Blocks } from "../blocks/blocks.ts";
import type { Users } from "../members/users.ts";
import type { ChatServer, ChatSocket } from "../socket/chat-server.ts";
import type { EventHandler } from "../socket/events/event-handler.ts";
import type { MessageStore } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import { createHere, type PresenceTimes } from "./presence/here.ts";
import { createPerception } from "./presence/perception.ts";
import { createWatching, type Watching } from "./presence/watching.ts";

export type { PresenceTimes };

/**
 * Who is online, for those who watch them. Each instance writes how its own users are into the
 * store, where that holds for as long as it is confirmed; others read it of the users who are
 * watched there: when they are notified, and again and again in case they weren't.
 */
export interface Presence extends AsyncDisposable, Pick<Watching, "relationsChanged" | "poll"> {
  watch: EventHandler<"watch_presence">;
  set: EventHandler<"set_presence">;
  /** A user has one more socket here. */
  opened: (userId: string) => void;
  /** A user's socket has gone. */
  closed: (socket: ChatSocket, userId: string) => void;
  /** Another instance says that a user is otherwise than before. */
  hint: (userId: string) => void;
}

export interface PresenceOptions {
  io: ChatServer;
  store: Pick<
    MessageStore,
    "renewPresences" | "putPresences" | "readPresences" | "relationStates" | "listSharing"
  >;
  users: Pick<Users, "showingPresence">;
  blocks: Pick<Blocks, "of" | "hint">;
  delivery: Pick<Delivery, "send">;
  /** Notifies other instances: what to read has no number. */
  announce: (userId: string, number: number) => void;
  log: Logger;
  times: PresenceTimes;
}

export function createPresence(options: PresenceOptions): Presence {
  const { announce } = options;
  const instanceId = randomUUID();
  const watching = createWatching({
    ...options,
    instanceId,
    perceive: createPerception(options),
    forget: options.blocks.hint,
    statusHere: (userId) => here.statusOf(userId),
  });
  const here = createHere({
    ...options,
    instanceId,
    onChanged: watching.changed,
    async onWritten(changes) {
      for (const { userId } of changes) announce(userId, 1);
      // Who has left may still be there by another instance.
      const left = changes.filter(({ status }) => status === PresenceStatus.OFFLINE);
      await watching.readAgain(left.map(({ userId }) => userId));
    },
  });
  let hinted: string[] = [];
  const readHinted = () => {
    watching.readAgain(hinted);
    hinted = [];
  };

  return {
    relationsChanged: watching.relationsChanged,
    poll: watching.poll,
    async watch({ userIds }, { socket, user }) {
      return { users: await watching.watch(socket, user.id, userIds) };
    },
    async set({ status }, { socket, user }) {
      socket.data.isAway = status === PresenceStatus.AWAY;
      here.look(user.id);
      return {};
    },
    opened: here.look,
    closed(socket, userId) {
      watching.unwatch(socket);
      here.look(userId);
    },
    hint(userId) {
      if (!watching.isWatched(userId)) return;
      if (hinted.length === 0) setImmediate(readHinted);
      hinted.push(userId);
    },
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
      const closed = here[Symbol.asyncDispose]();
      await withDeadline(closed, budgets.drain.database, () => undefined);
    },
  };
}
