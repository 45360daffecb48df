import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type ChatServer, roomName, socketsIn } from "../socket/chat-server.ts";
import { closeTransport } from "../socket/engine/close.ts";
import type { MessageStore } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import { createFollower, type Follower } from "./follower.ts";

/** What is held back for a socket that is about to join, from before it reads. */
export interface Attachment {
  /** Resolves when everything up to `seq` is out. @throws AppError UNAVAILABLE */
  reached: (seq: number) => Promise<void>;
  /** The number of the last message that is held; 0 if none is. */
  lastHeld: () => number;
  /** What went out since the attachment was made; it ends by this. */
  end: () => Message[];
  /** The user is known to be a member after this change of their memberships. */
  confirm: (change: number) => void;
  /** The change of the user's memberships that the join rests on. */
  change: () => number;
  /** The later change by which the user was removed from the room, if there is one. */
  removedBy: () => number | undefined;
}

/** Carries the messages of rooms to the sockets of this instance, in the order of their numbers. */
export interface RoomMessages
  extends Pick<Follower<Message>, "hint" | "poll" | "prune">,
    Disposable {
  /** A message that this instance has just stored. */
  offer: (message: Message) => void;
  /**
   * Begins to hold a room's messages for a user.
   * @param change the last change of the user's memberships that has taken effect here
   * @throws AppError ROOM_NOT_FOUND, UNAVAILABLE
   */
  attach: (roomId: string, userId: string, change: number) => Promise<Attachment>;
  /** The user was removed by this change: what is held for an older join must not go out. */
  cancel: (roomId: string, userId: string, change: number) => void;
}

export interface RoomMessagesOptions {
  io: ChatServer;
  store: Pick<MessageStore, "listMessages" | "positions">;
  delivery: Pick<Delivery, "push">;
  announce: (roomId: string, seq: number) => void;
  log: Logger;
  metrics: Metrics;
}

interface Held {
  userId: string;
  messages: Message[];
  change: number;
  /** The last change by which the user was removed. */
  removedBy: number;
}

export function createRoomMessages(options: RoomMessagesOptions): RoomMessages {
  const { io, store, delivery, announce, log, metrics } = options;
  const filled = metrics.counter("fanout_filled", "Messages read from the store, not heard");
  const stuck = metrics.counter("fanout_stuck", "Rooms whose sockets had to resume");
  const heldIn = new Map<string, Set<Held>>();

  const follower = createFollower<Message>({
    hasGaps: false,
    numberOf: (message) => message.seq,
    async positions(roomIds) {
      const positions = await store.positions(roomIds);
      return new Map([...positions].map(([roomId, { lastSeq }]) => [roomId, lastSeq]));
    },
    async read(roomId, from, to) {
      const messages = await store.listMessages(roomId, from, to);
      filled.inc(messages.length);
      return messages;
    },
    release(roomId, message) {
      for (const held of heldIn.get(roomId) ?? []) held.messages.push(message);
      delivery.push(roomId, "new_message", message);
    },
    onStuck(roomId) {
      stuck.inc();
      log.error({ roomId }, "messages could not be read: the room's sockets have to resume");
      for (const { conn } of socketsIn(io, roomName(roomId))) closeTransport(conn);
    },
    isHeard: (roomId) => io.sockets.adapter.rooms.has(roomName(roomId)),
    announce,
  });

  const hold = (roomId: string, userId: string, change: number): Held => {
    const held = { userId, messages: [], change, removedBy: 0 };
    const all = heldIn.get(roomId) ?? new Set();
    heldIn.set(roomId, all.add(held));
    return held;
  };
  const letGo = (roomId: string, held: Held) => {
    const all = heldIn.get(roomId);
    all?.delete(held);
    if (all?.size === 0) heldIn.delete(roomId);
  };

  return {
    hint: follower.hint,
    poll: follower.poll,
    prune: follower.prune,
    offer: (message) => follower.offer(message.roomId, message),
    async attach(roomId, userId, change) {
      const following = follower.follow(roomId);
      const held = hold(roomId, userId, change);
      const end = () => {
        letGo(roomId, held);
        following.end();
        return held.messages;
      };
      const stage = await following.opened.catch((error: unknown) => {
        end();
        throw error;
      });
      if (!stage) {
        end();
        throw new AppError("ROOM_NOT_FOUND");
      }
      return {
        end,
        lastHeld: () => held.messages.at(-1)?.seq ?? 0,
        confirm(confirmed) {
          held.change = Math.max(held.change, confirmed);
        },
        change: () => held.change,
        removedBy: () => (held.removedBy > held.change ? held.removedBy : undefined),
        async reached(seq) {
          const isReached = await withDeadline(stage.reached(seq), budgets.answer.catchUp);
          if (!isReached) throw new AppError("UNAVAILABLE");
        },
      };
    },
    cancel(roomId, userId, change) {
      for (const held of heldIn.get(roomId) ?? []) {
        if (held.userId === userId) held.removedBy = Math.max(held.removedBy, change);
      }
    },
    [Symbol.dispose]: () => follower[Symbol.dispose](),
  };
}
