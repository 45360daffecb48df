import { create } from "@bufbuild/protobuf";
import type { Logger } from "#common/log.ts";
import { ReadMarkedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Blocks } from "../blocks/blocks.ts";
import {
  type ChatServer,
  type ChatSocket,
  roomName,
  type ShownMark,
  socketsIn,
} from "../socket/chat-server.ts";
import { mostReaders } from "../store/room-limits.ts";
import type { MessageStore, ReadMark } from "../store/store.ts";
import { type Delivery, encode } from "./delivery.ts";

/**
 * Shows the others in a small room up to where somebody has read: on all instances that hear of
 * each other. What was lost on the way the next mark says too.
 */
export interface Receipts extends Disposable {
  show: (mark: Pick<ReadMark, "roomId" | "userId" | "seq">) => void;
}

/** Of a room goes out at most once in that time, so that nobody's marks come more often. */
const pauseMs = 500;

export interface ReceiptsOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom">;
  delivery: Pick<Delivery, "sendEncoded">;
  blocks: Pick<Blocks, "of">;
  /** Whether instances can notify each other, by Redis. */
  isHinted: () => boolean;
  log: Logger;
}

export function createReceipts(options: ReceiptsOptions): Receipts {
  const { io, store, delivery, blocks, isHinted, log } = options;
  /** By room, while something has gone out a moment ago: what goes out next, by user. */
  const rooms = new Map<string, Map<string, number>>();
  const timers = new Set<NodeJS.Timeout>();
  let isDisposed = false;

  const deliver = (roomId: string, shown: readonly ShownMark[]) => {
    const events = shown.map(({ userId, seq, hiddenFrom }) => {
      const payload = create(ReadMarkedSchema, { roomId, userId, seq });
      // Their own sockets have heard it already.
      const except = new Set([userId, ...hiddenFrom]);
      return { except, event: encode({ event: "read_marked", payload }) };
    });
    for (const socket of socketsIn(io, roomName(roomId))) {
      const userId = userIdOf(socket);
      const its = events.flatMap(({ except, event }) => (except.has(userId) ? [] : event));
      delivery.sendEncoded(socket, its);
    }
  };
  const toShown = async ([userId, seq]: [string, number]): Promise<ShownMark> => ({
    ...{ userId, seq },
    hiddenFrom: [...(await blocks.of(userId))],
  });
  const isAnybodyThere = (roomId: string, marks: ReadonlyMap<string, number>) =>
    isHinted() ||
    socketsIn(io, roomName(roomId)).some((it) => marks.size > 1 || !marks.has(userIdOf(it)));
  const notify = async (roomId: string, marks: ReadonlyMap<string, number>) => {
    const [userId] = marks.keys();
    if (userId === undefined || !isAnybodyThere(roomId, marks)) return;
    const view = await store.findRoom(roomId, userId);
    if (!view || view.room.memberCount > mostReaders) return;
    const shown = await Promise.all([...marks].map(toShown));
    if (isHinted()) io.serverSideEmit("receipts", roomId, shown);
    deliver(roomId, shown);
  };
  /** One after the other: so a later mark isn't overtaken by an earlier one. */
  const flush = async (roomId: string) => {
    const marks = rooms.get(roomId);
    if (!marks || marks.size === 0) {
      rooms.delete(roomId);
      return;
    }
    const later = new Map<string, number>();
    rooms.set(roomId, later);
    await notify(roomId, marks).catch((err: unknown) => {
      log.warn({ err, roomId }, "receipts have to wait");
      for (const [userId, seq] of marks) if (!later.has(userId)) later.set(userId, seq);
    });
    if (isDisposed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void flush(roomId);
    }, pauseMs);
    timers.add(timer);
  };

  io.on("receipts", deliver);
  return {
    show({ roomId, userId, seq }) {
      const marks = rooms.get(roomId);
      if (marks) marks.set(userId, seq);
      else {
        rooms.set(roomId, new Map([[userId, seq]]));
        setImmediate(flush, roomId);
      }
    },
    [Symbol.dispose]() {
      isDisposed = true;
      for (const timer of timers) clearTimeout(timer);
      rooms.clear();
    },
  };
}

function userIdOf({ data: { judgement } }: ChatSocket): string {
  return judgement.isAdmitted ? judgement.user.id : "";
}
