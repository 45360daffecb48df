import { create } from "@bufbuild/protobuf";
import type { Logger } from "#common/log.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import {
  RoomActivitySchema,
  RoomAddedSchema,
  RoomRemovedSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { ChatServer, ChatSocket } from "../socket/chat-server.ts";
import { socketsIn, userRoomName } from "../socket/chat-server.ts";
import type { EncodedEvent } from "../socket/engine/writes.ts";
import type { MessageStore, RoomHead, RoomPosition, RoomState } from "../store/store.ts";
import { type Delivery, encode, type Outgoing } from "./delivery.ts";

/**
 * Tells sockets that watch their rooms where each stands that they haven't joined, at most once a
 * second: what is told is read then, so of several messages it is the last.
 */
export interface RoomWatch extends Disposable {
  /**
   * Begins a watch. Answers what opens it, with the user's rooms as they were read after this:
   * what has changed since is told from then on, and what was told before the list, and isn't in
   * it, is told again.
   */
  begin: (socket: ChatSocket) => (rooms: readonly Room[]) => void;
  /** Ends a watch, if there is one. */
  end: (socket: ChatSocket) => void;
  /** A room has come so far, as far as is known here. */
  moved: (roomId: string, position: Partial<RoomPosition>) => void;
  /** A socket that had joined a room has heard so much of it, and no more from now on. */
  left: (roomId: string, heard: RoomPosition) => void;
  /** Users' sockets here watch a room from now on, or no longer. */
  added: (userId: string, room: Room) => void;
  removed: (userId: string, roomId: string) => void;
  /** The sockets that watch a room. */
  watchersOf: (roomId: string) => Iterable<ChatSocket>;
  /** Asks the store how far watched rooms have come. */
  poll: () => Promise<void>;
}

export interface RoomWatchOptions {
  io: ChatServer;
  store: Pick<MessageStore, "listRoomStates" | "positions">;
  delivery: Pick<Delivery, "send" | "sendEncoded">;
  /** A watched room was looked at. */
  onSeen: (roomId: string, head: RoomHead) => void;
  log: Logger;
}

/** A room that is watched here, and how far it has come. */
interface Watched extends RoomPosition {
  sockets: Set<ChatSocket>;
}

/** A socket's watch. */
interface Watcher {
  rooms: Set<string>;
  opening: Opening | undefined;
}

/** What has happened to a user's rooms until a watch is open. */
interface Opening {
  moved: Set<string>;
  /** Rooms that they have come into, and those that they are no longer in. */
  added: Map<string, Room>;
  left: Set<string>;
}

const pauseMs = 1_000;
const roomsPerRead = 500;

export function createRoomWatch(options: RoomWatchOptions): RoomWatch {
  const { io, store, delivery, onSeen, log } = options;
  const watchers = new Map<ChatSocket, Watcher>();
  const watched = new Map<string, Watched>();
  const opening = new Set<Watcher>();
  /** Rooms that have moved since they were last told. */
  let dirty = new Set<string>();
  let notifiedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let isDisposed = false;

  const schedule = () => {
    if (timer || dirty.size === 0 || isDisposed) return;
    const waitMs = Math.max(notifiedAt + pauseMs - performance.now(), 0);
    timer = setTimeout(() => {
      notify().finally(() => {
        timer = undefined;
        schedule();
      });
    }, waitMs);
  };
  const notify = async () => {
    const roomIds = [...dirty];
    dirty = new Set();
    notifiedAt = performance.now();
    for (let i = 0; i < roomIds.length; i += roomsPerRead) {
      const part = roomIds.slice(i, i + roomsPerRead);
      try {
        send(await store.listRoomStates(part));
      } catch (err) {
        log.warn({ err }, "watched rooms could not be read");
        for (const roomId of part) if (watched.has(roomId)) dirty.add(roomId);
      }
    }
  };
  /** Encodes each room once, and writes to each socket once. */
  const send = (states: readonly RoomState[]) => {
    const events = new Map<ChatSocket, EncodedEvent[]>();
    for (const state of states) {
      const { roomId } = state;
      const room = watched.get(roomId);
      if (!room) continue;
      // A socket that came meanwhile may have been answered with a later state.
      if (isBehind(state, room)) {
        dirty.add(roomId);
        continue;
      }
      Object.assign(room, positionOf(state));
      const event = encode({
        event: "room_activity",
        payload: create(RoomActivitySchema, state),
      });
      for (const socket of room.sockets) {
        if (socket.data.joined.has(roomId)) continue;
        const list = events.get(socket);
        if (list) list.push(event);
        else events.set(socket, [event]);
      }
    }
    for (const [socket, list] of events) delivery.sendEncoded(socket, list);
  };

  const put = (socket: ChatSocket, { rooms }: Watcher, roomId: string, position: RoomPosition) => {
    const room = watched.get(roomId) ?? { sockets: new Set(), ...position };
    rooms.add(roomId);
    room.sockets.add(socket);
    watched.set(roomId, room);
    // Those who watch already haven't been told what this one was answered.
    raise(roomId, room, position);
  };
  const raise = (roomId: string, room: Watched, { lastSeq, lastRevision }: RoomPosition) => {
    if (!isBehind(room, { lastSeq, lastRevision })) return;
    room.lastSeq = Math.max(room.lastSeq, lastSeq);
    room.lastRevision = Math.max(room.lastRevision, lastRevision);
    dirty.add(roomId);
  };
  const take = (socket: ChatSocket, { rooms }: Watcher, roomId: string) => {
    rooms.delete(roomId);
    const room = watched.get(roomId);
    room?.sockets.delete(socket);
    if (room?.sockets.size === 0) watched.delete(roomId);
  };
  const end = (socket: ChatSocket) => {
    const watcher = watchers.get(socket);
    if (!watcher) return;
    for (const roomId of [...watcher.rooms]) take(socket, watcher, roomId);
    opening.delete(watcher);
    watchers.delete(socket);
  };
  const moved: RoomWatch["moved"] = (roomId, { lastSeq = 0, lastRevision = 0 }) => {
    if (watchers.size === 0) return;
    for (const watcher of opening) watcher.opening?.moved.add(roomId);
    const room = watched.get(roomId);
    if (room) raise(roomId, room, { lastSeq, lastRevision });
    schedule();
  };
  const watchersOfUser = (userId: string) =>
    watchers.size === 0
      ? []
      : socketsIn(io, userRoomName(userId)).flatMap((socket) => {
          const watcher = watchers.get(socket);
          return watcher ? [{ socket, watcher }] : [];
        });

  return {
    begin(socket) {
      end(socket);
      const held: Opening = { moved: new Set(), added: new Map(), left: new Set() };
      const watcher: Watcher = { rooms: new Set(), opening: held };
      watchers.set(socket, watcher);
      opening.add(watcher);
      return (rooms) => {
        opening.delete(watcher);
        watcher.opening = undefined;
        if (!socket.connected || watchers.get(socket) !== watcher) return end(socket);
        for (const room of rooms) {
          if (!held.left.has(room.id)) put(socket, watcher, room.id, positionOf(room));
        }
        delivery.send(socket, missedBy(rooms, held));
        for (const roomId of [...held.moved, ...held.added.keys()]) {
          if (watcher.rooms.has(roomId)) dirty.add(roomId);
        }
        schedule();
      };
    },
    end,
    moved,
    left(roomId, heard) {
      // As long as it had joined, it wasn't told here what was still to come to it there.
      const room = watched.get(roomId);
      if (room && isBehind(heard, room)) dirty.add(roomId);
      schedule();
    },
    added(userId, room) {
      for (const { socket, watcher } of watchersOfUser(userId)) {
        watcher.opening?.left.delete(room.id);
        watcher.opening?.added.set(room.id, room);
        put(socket, watcher, room.id, { lastSeq: 0, lastRevision: 0 });
        // `room_added` has no last message, and what is known already isn't told again.
        if (Math.max(room.lastSeq, watched.get(room.id)?.lastSeq ?? 0) > 0) dirty.add(room.id);
      }
      schedule();
    },
    removed(userId, roomId) {
      for (const { socket, watcher } of watchersOfUser(userId)) {
        watcher.opening?.added.delete(roomId);
        watcher.opening?.left.add(roomId);
        take(socket, watcher, roomId);
      }
    },
    watchersOf: (roomId) => watched.get(roomId)?.sockets ?? [],
    async poll() {
      const roomIds = [...watched.keys()];
      for (let i = 0; i < roomIds.length; i += roomsPerRead) {
        const positions = await store.positions(roomIds.slice(i, i + roomsPerRead));
        for (const [roomId, head] of positions) {
          moved(roomId, head);
          onSeen(roomId, head);
        }
      }
    },
    [Symbol.dispose]() {
      isDisposed = true;
      clearTimeout(timer);
      watchers.clear();
      watched.clear();
    },
  };
}

/** What a list doesn't show, as it was read before. */
function missedBy(rooms: readonly Room[], { added, left }: Opening): Outgoing[] {
  const listed = new Set(rooms.map(({ id }) => id));
  const missing = [...added.values()].filter(({ id }) => !listed.has(id));
  return [
    ...missing.map(
      (room): Outgoing => ({ event: "room_added", payload: create(RoomAddedSchema, { room }) }),
    ),
    ...[...left]
      .filter((id) => listed.has(id))
      .map(
        (roomId): Outgoing => ({
          event: "room_removed",
          payload: create(RoomRemovedSchema, { roomId }),
        }),
      ),
  ];
}

function isBehind(one: RoomPosition, other: RoomPosition): boolean {
  return one.lastSeq < other.lastSeq || one.lastRevision < other.lastRevision;
}

function positionOf({ lastSeq, lastRevision }: RoomPosition): RoomPosition {
  return { lastSeq, lastRevision };
}
