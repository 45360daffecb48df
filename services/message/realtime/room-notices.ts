import { create } from "@bufbuild/protobuf";
import { LRUCache } from "lru-cache";
import { upTo } from "#common/cache-size.ts";
import { pause } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import { RoomChangedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, type ChatSocket, roomName, socketsIn } from "../socket/chat-server.ts";
import type { MessageStore, RoomHead } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import type { Reads } from "./reads.ts";
import type { RoomWatch } from "./room-watch.ts";

/**
 * Notifies sockets that have joined or watch a room when it has changed otherwise than by
 * messages: it has a new owner, or, of a direct room, the peer has a new name. Each gets the room as
 * its user sees it.
 */
export interface RoomNotices extends Disposable {
  /** This instance has changed a room. */
  changed: (roomId: string) => void;
  /** A room was looked at: so a change is found by which no hint came. */
  seen: (roomId: string, head: Pick<RoomHead, "createdBy">) => void;
  /**
   * Notes the rooms that change from now on. Answers what ends that and notifies the socket of those
   * that it has joined or watches by then, behind an answer that may have been read before.
   */
  note: (socket: ChatSocket) => (isAnswered: boolean) => void;
  /** Users have new names: every instance is told so by auth. */
  renamed: (userIds: readonly string[]) => void;
}

export interface RoomNoticesOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom" | "directRoomsOf">;
  delivery: Pick<Delivery, "flush" | "send">;
  watchersOf: RoomWatch["watchersOf"];
  reads: Pick<Reads, "note">;
  /** Whether instances can notify each other, by Redis. */
  isHinted: () => boolean;
  log: Logger;
}

const maxKnown = 50_000;
/** An owner that no room has: the next look takes the real one for new. */
const nobody = "";
const retryMs = 500;

export function createRoomNotices(options: RoomNoticesOptions): RoomNotices {
  const { io, store, delivery, watchersOf, reads, isHinted, log } = options;
  /** The owners of rooms, as the sockets here know them. */
  const owners = new LRUCache<string, string>(upTo(maxKnown));
  /** Users with new names of which the sockets here aren't notified yet. */
  let renamed = new Set<string>();
  let isNotifying = false;
  /** What is noted for each of the sockets that wait for an answer. */
  const noted = new Set<Set<string>>();
  const disposing = new AbortController();

  const notify = async (socket: ChatSocket, roomId: string) => {
    const { judgement } = socket.data;
    if (!judgement.isAdmitted) return;
    const endNotes = reads.note(socket, judgement.user.id);
    try {
      const view = await store.findRoom(roomId, judgement.user.id);
      if (!view?.isMember) return endNotes(false);
      owners.set(roomId, view.room.createdBy);
      delivery.send(socket, [
        { event: "room_changed", payload: create(RoomChangedSchema, { room: view.room }) },
      ]);
      endNotes(true);
    } catch (error) {
      endNotes(false);
      throw error;
    }
  };
  const notifyAll = (roomId: string) => {
    delivery.flush(roomId);
    for (const roomIds of noted) roomIds.add(roomId);
    return notifyThese(
      new Set([...socketsIn(io, roomName(roomId)), ...watchersOf(roomId)]),
      roomId,
    );
  };
  const notifyThese = async (sockets: ReadonlySet<ChatSocket>, roomId: string) => {
    const results = await Promise.allSettled([...sockets].map((socket) => notify(socket, roomId)));
    const failed = results.find((it) => it.status === "rejected");
    if (!failed) return;
    owners.set(roomId, nobody);
    log.warn({ err: failed.reason, roomId }, "a changed room could not be read");
  };

  const notifyRenamed = async () => {
    if (isNotifying) return;
    isNotifying = true;
    while (renamed.size > 0 && !disposing.signal.aborted) {
      const userIds = renamed;
      renamed = new Set();
      try {
        for (const roomId of await store.directRoomsOf([...userIds])) void notifyAll(roomId);
      } catch (err) {
        renamed = new Set([...userIds, ...renamed]);
        log.warn({ err }, "direct rooms of users with new names could not be read");
        await pause(retryMs, disposing.signal);
      }
    }
    isNotifying = false;
  };

  io.on("roomChanged", notifyAll);
  return {
    changed(roomId) {
      if (isHinted()) io.serverSideEmit("roomChanged", roomId);
      void notifyAll(roomId);
    },
    seen(roomId, { createdBy }) {
      const known = owners.get(roomId);
      owners.set(roomId, createdBy);
      if (known !== undefined && known !== createdBy) void notifyAll(roomId);
    },
    note(socket) {
      const own = new Set<string>();
      noted.add(own);
      return (isAnswered) => {
        noted.delete(own);
        if (!isAnswered) return;
        for (const roomId of own) {
          const isThere =
            socket.data.joined.has(roomId) || [...watchersOf(roomId)].includes(socket);
          if (isThere) void notifyThese(new Set([socket]), roomId);
        }
      };
    },
    renamed(userIds) {
      for (const userId of userIds) renamed.add(userId);
      void notifyRenamed();
    },
    [Symbol.dispose]: () => disposing.abort(),
  };
}
