import { create } from "@bufbuild/protobuf";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { createGather } from "#common/gather.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { MessageChangedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, roomName, socketsIn } from "../socket/chat-server.ts";
import { closeTransport } from "../socket/engine/close.ts";
import type { MessageChange, MessageStore, RoomHead, RoomPosition } from "../store/store.ts";
import {
  type Attachment,
  type Attachments,
  createAttachments,
  type RoomEvent,
} from "./attachments.ts";
import type { Delivery } from "./delivery.ts";
import { createFollower, type Follower } from "./follower.ts";
import { createRoomChanges } from "./room-changes.ts";

/** An attachment to a room that is followed here. */
export interface RoomAttachment extends Attachment {
  /** Resolves when everything up to there is out. @throws AppError UNAVAILABLE */
  reached: (position: RoomPosition) => Promise<void>;
}

/**
 * Carries the messages of rooms to the sockets of this instance, in the order of their numbers,
 * and what changes them, in the order of revisions.
 */
export interface RoomMessages
  extends Pick<Follower<Message>, "hint" | "poll" | "prune">,
    Pick<Attachments, "cancel">,
    Disposable {
  /** A message that this instance has just stored. */
  offer: (message: Message) => void;
  /** Everything up to there is out; 0 where that isn't known. */
  position: (roomId: string) => RoomPosition;
  /** A change that this instance has just made. */
  offerChange: (change: MessageChange) => void;
  /** There are changes up to this revision. */
  hintChange: (roomId: string, revision: number) => void;
  /**
   * Begins to hold what goes out to a room for a user.
   * @param change the last change of the user's memberships that has taken effect here
   * @throws AppError ROOM_NOT_FOUND, UNAVAILABLE
   */
  attach: (roomId: string, userId: string, change: number) => Promise<RoomAttachment>;
}

export interface RoomMessagesOptions {
  io: ChatServer;
  store: Pick<MessageStore, "listMessages" | "listChanges" | "positions">;
  delivery: Pick<Delivery, "push">;
  announce: (roomId: string, seq: number) => void;
  announceChange: (roomId: string, revision: number) => void;
  /** A room has come so far, whether it is followed here or not. */
  onMoved: (roomId: string, position: Partial<RoomPosition>) => void;
  /** A room that is followed was looked at. */
  onSeen: (roomId: string, head: RoomHead) => void;
  log: Logger;
  metrics: Metrics;
}

export function createRoomMessages(options: RoomMessagesOptions): RoomMessages {
  const { io, store, delivery, announce, announceChange, onMoved, onSeen, log, metrics } = options;
  const filled = metrics.counter("fanout_filled", "Messages read from the store, not heard");
  const stuck = metrics.counter("fanout_stuck", "Rooms whose sockets had to resume");
  const attachments = createAttachments();

  const positions = positionReader(store, onSeen);
  const send = (roomId: string, event: RoomEvent) => {
    attachments.hold(roomId, event);
    delivery.push(roomId, event);
  };
  const onStuck = (roomId: string) => {
    stuck.inc();
    log.error({ roomId }, "a room could not be read: its sockets have to resume");
    for (const { conn } of socketsIn(io, roomName(roomId))) closeTransport(conn);
  };
  const isHeard = (roomId: string) => io.sockets.adapter.rooms.has(roomName(roomId));
  const follower = createFollower<Message>({
    hasGaps: false,
    numberOf: (message) => message.seq,
    positions: (roomIds) => positions(roomIds, "lastSeq"),
    async read(roomId, from, to) {
      const messages = await store.listMessages(roomId, from, to);
      filled.inc(messages.length);
      return messages;
    },
    release(roomId, message) {
      if (message.revision > 0) changes.wentOut(message);
      send(roomId, { event: "new_message", payload: message });
    },
    onStuck,
    isHeard,
    announce,
  });
  const changes = createRoomChanges({
    store,
    messages: follower,
    positions: (roomIds) => positions(roomIds, "lastRevision"),
    release(roomId, change) {
      send(roomId, { event: "message_changed", payload: create(MessageChangedSchema, change) });
    },
    onStuck,
    isHeard,
    announce: announceChange,
  });

  const follow = (roomId: string) => {
    const both = [follower.follow(roomId), changes.follow(roomId)];
    return {
      opened: Promise.all(both.map(({ opened }) => opened)),
      end() {
        for (const following of both) following.end();
      },
    };
  };
  return {
    hint(roomId, lastSeq) {
      follower.hint(roomId, lastSeq);
      onMoved(roomId, { lastSeq });
    },
    hintChange(roomId, lastRevision) {
      changes.hint(roomId, lastRevision);
      onMoved(roomId, { lastRevision });
    },
    async poll() {
      await Promise.all([follower.poll(), changes.poll()]);
    },
    position: (roomId) => ({
      lastSeq: follower.position(roomId) ?? 0,
      lastRevision: changes.position(roomId) ?? 0,
    }),
    prune(roomId) {
      follower.prune(roomId);
      changes.prune(roomId);
    },
    offer(message) {
      follower.offer(message.roomId, message);
      onMoved(message.roomId, { lastSeq: message.seq });
    },
    offerChange(change) {
      changes.offer(change);
      const { roomId, revision } = change.message;
      onMoved(roomId, { lastRevision: revision });
    },
    async attach(roomId, userId, change) {
      const following = follow(roomId);
      const attachment = attachments.open(roomId, userId, change);
      const end = () => {
        following.end();
        return attachment.end();
      };
      const isThere = await following.opened.catch((error: unknown) => {
        end();
        throw error;
      });
      if (isThere.includes(false)) {
        end();
        throw new AppError("ROOM_NOT_FOUND");
      }
      return {
        ...attachment,
        end,
        async reached({ lastSeq, lastRevision }) {
          const areReached = await withDeadline(
            Promise.all([follower.reached(roomId, lastSeq), changes.reached(roomId, lastRevision)]),
            budgets.answer.catchUp,
          );
          if (areReached.includes(false)) throw new AppError("UNAVAILABLE");
        },
      };
    },
    cancel: attachments.cancel,
    [Symbol.dispose]() {
      follower[Symbol.dispose]();
      changes[Symbol.dispose]();
    },
  };
}

/** Both logs of a room are asked for in the same moment, and read at once. */
function positionReader(
  store: Pick<MessageStore, "positions">,
  onSeen: RoomMessagesOptions["onSeen"],
) {
  const read = createGather({
    async ask(asked: (readonly string[])[]) {
      const positions = await store.positions([...new Set(asked.flat())]);
      for (const [roomId, head] of positions) onSeen(roomId, head);
      return () => positions;
    },
  });
  return async (roomIds: readonly string[], number: keyof RoomPosition) =>
    new Map([...(await read(roomIds))].map(([roomId, position]) => [roomId, position[number]]));
}
