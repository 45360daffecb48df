import { create } from "@bufbuild/protobuf";
import type { Logger } from "#common/log.ts";
import { ReadMarkedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import {
  type ChatServer,
  type ChatSocket,
  socketsIn,
  userRoomName,
} from "../socket/chat-server.ts";
import type { MessageStore, ReadMark } from "../store/store.ts";
import { type Delivery, encode } from "./delivery.ts";
import type { Receipts } from "./receipts.ts";
import { createUserLog, type UserLog } from "./user-log.ts";

/**
 * Carries what users have read to their own sockets here, in the order of their marks: of a room
 * the last of them says what is stored.
 */
export interface Reads
  extends Pick<UserLog<ReadMark>, "follow" | "hint" | "poll" | "prune">,
    Disposable {
  /** This instance has marked something; `isShown`: the others in the room may see it. */
  marked: (mark: ReadMark, isShown: boolean) => void;
  /**
   * Notes the marks of a user that go out from now on. Answers what ends that and sends them to the
   * socket again, behind an answer that may have been read before them.
   */
  note: (socket: ChatSocket, userId: string) => (isAnswered: boolean) => void;
}

export interface ReadsOptions {
  io: ChatServer;
  store: Pick<MessageStore, "listReadMarks" | "readPositions">;
  delivery: Pick<Delivery, "sendEncoded">;
  receipts: Pick<Receipts, "show">;
  announce: (userId: string, number: number) => void;
  log: Logger;
}

export function createReads(options: ReadsOptions): Reads {
  const { io, store, delivery, receipts, announce, log } = options;
  /** What goes out at the end of this turn of the event loop: by user, then by room. */
  let pending = new Map<string, Map<string, number>>();
  /** By user: what is noted for each of their sockets that wait for an answer. */
  const noted = new Map<string, Set<Map<string, number>>>();

  const encodeMarks = (userId: string, rooms: ReadonlyMap<string, number>) =>
    [...rooms].map(([roomId, seq]) =>
      encode({ event: "read_marked", payload: create(ReadMarkedSchema, { roomId, userId, seq }) }),
    );
  const flush = () => {
    const users = pending;
    pending = new Map();
    for (const [userId, rooms] of users) {
      const events = encodeMarks(userId, rooms);
      for (const socket of socketsIn(io, userRoomName(userId)))
        delivery.sendEncoded(socket, events);
    }
  };
  const marks = createUserLog<ReadMark>({
    io,
    log,
    what: "reads",
    numberOf: ({ number }) => number,
    positions: store.readPositions,
    read: store.listReadMarks,
    release(userId, { roomId, seq }) {
      for (const marks of noted.get(userId) ?? []) marks.set(roomId, seq);
      if (pending.size === 0) setImmediate(flush);
      const rooms = pending.get(userId) ?? new Map<string, number>();
      pending.set(userId, rooms.set(roomId, seq));
    },
    announce,
  });

  return {
    ...marks,
    marked(mark, isShown) {
      marks.offer(mark.userId, mark);
      if (isShown) receipts.show(mark);
    },
    note(socket, userId) {
      const own = new Map<string, number>();
      const all = noted.get(userId) ?? new Set();
      noted.set(userId, all.add(own));
      return (isAnswered) => {
        all.delete(own);
        if (all.size === 0) noted.delete(userId);
        if (isAnswered) delivery.sendEncoded(socket, encodeMarks(userId, own));
      };
    },
  };
}
