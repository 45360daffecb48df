import type { Wire } from "./connection-types.ts";
import { toChatError, unreachable } from "./errors.ts";
import type { Membership, Message, Room } from "./gen/contract.ts";
import type { Problems } from "./problems.ts";
import { createReplay } from "./replay.ts";
import type { Session } from "./session.ts";
import { createView, type Readable } from "./state.ts";

/** The user's rooms, the newest activity first. */
export interface RoomsSnapshot {
  rooms: readonly Room[];
  isLoaded: boolean;
}

/** What is known of the user's rooms, whether they are open or not. */
export interface Directory extends Readable<RoomsSnapshot> {
  get: (roomId: string) => Room | undefined;
  put: (room: Room) => void;
  remove: (roomId: string) => void;
  /** The user has read so far, or marks as unread from there on. */
  setRead: (roomId: string, seq: number) => void;
  setMembership: (roomId: string, membership: Membership) => void;
  /** A message of a room, new or changed. */
  heard: (message: Message) => void;
}

export interface DirectoryOptions {
  session: Session;
  wire: Wire;
  problems: Problems;
  /** The mark that is still to be sent. */
  pendingRead: (roomId: string) => number | undefined;
}

const againMs = 1_000;

export function createDirectory(options: DirectoryOptions): Directory {
  const { session, wire, problems } = options;
  /** Another map with every list, by which one is known that comes too late. */
  let rooms = new Map<string, Room>();
  let isLoaded = false;
  const view = createView<RoomsSnapshot>(() => ({
    rooms: [...rooms.values()].sort((a, b) => (activityOf(a) < activityOf(b) ? 1 : -1)),
    isLoaded,
  }));

  const { replayed, load } = createReplay(view.changed);

  /** Up to which seq the mentions of a room are in its `mentionCount`. */
  const mentionsCountedTo = new Map<string, number>();
  const countedTo = (roomId: string) => mentionsCountedTo.get(roomId) ?? 0;
  /** A room as it is known here, its counts derived anew. */
  const set = (room: Room) => {
    const { membership } = room;
    const readSeq = Math.max(membership?.readSeq ?? 0, options.pendingRead(room.id) ?? 0);
    rooms.set(room.id, membership ? { ...room, membership: readUpTo(room, readSeq) } : room);
  };
  /** A room as the server says it. */
  const take = (room: Room) => {
    const known = rooms.get(room.id) ?? room;
    const { lastSeq, lastRevision, membership } = known;
    // Only lists say the last message.
    const its = { ...room, lastMessage: room.lastMessage ?? known.lastMessage };
    if (isOlder(room, known)) {
      // What it says of positions and counts is out of date.
      set({
        ...its,
        lastSeq,
        lastRevision,
        membership: membership && { ...membership, role: room.membership?.role ?? membership.role },
      });
    } else {
      mentionsCountedTo.set(room.id, room.lastSeq);
      set(its);
    }
  };
  const put = replayed((room: Room) => {
    take(room);
    view.changed();
  });
  const patch = replayed((roomId: string, change: (room: Room) => Partial<Room> | undefined) => {
    const room = rooms.get(roomId);
    const changed = room && change(room);
    if (!changed) return;
    set({ ...room, ...changed });
    view.changed();
  });
  const remove = replayed((roomId: string) => {
    if (rooms.delete(roomId)) view.changed();
  });

  const setRead = (roomId: string, seq: number) =>
    patch(roomId, (room) => ({ membership: readUpTo(room, seq) }));

  const setMembership = (roomId: string, membership: Membership) => {
    // The server may have counted messages that are yet to be heard here, or fewer.
    const seq = membership.readSeq + membership.unreadCount;
    patch(roomId, ({ lastSeq }) => {
      if (seq < countedTo(roomId)) recountMentions(roomId);
      else mentionsCountedTo.set(roomId, seq);
      return { lastSeq: Math.max(lastSeq, seq), membership };
    });
  };

  const heard = (message: Message) => {
    const { roomId, seq, revision, userId } = message;
    patch(roomId, ({ lastSeq, lastRevision, lastMessage: last, membership }) => {
      const isLast = !last || last.seq < seq || (last.seq === seq && last.revision < revision);
      if (!isLast && revision <= lastRevision) return undefined;
      if (message.deletedAt && membership?.mentionCount && seq > membership.readSeq)
        recountMentions(roomId);
      const isRead = membership && seq > lastSeq && userId === session.me()?.id;
      return {
        lastSeq: Math.max(lastSeq, seq),
        lastRevision: Math.max(lastRevision, revision),
        ...(isLast && { lastMessage: message }),
        ...(isRead && { membership: { ...membership, readSeq: seq } }),
      };
    });
  };

  /** What is read on another device, or deleted, doesn't say how many mentions are left. */
  const recountMentions = (roomId: string) => {
    const take = ({ room }: { room: Room }) => {
      const { membership } = room;
      if (membership && membership.readSeq === rooms.get(roomId)?.membership?.readSeq)
        setMembership(roomId, membership);
    };
    session.call("getRoom", { roomId }).then(take, (error) => {
      // The next connection reads all anew.
      if (toChatError(error).isPassing && wire.isUp()) setTimeout(recountMentions, againMs, roomId);
    });
  };

  // Also in a room that is just being closed, as long as the server goes on.
  wire.on("new_message", heard);
  wire.on("message_changed", ({ message }) => heard(message));
  wire.on("mentioned", ({ message }) => {
    heard(message);
    const { roomId, seq } = message;
    patch(roomId, ({ membership }) => {
      // It may be heard after one's own answer, by which it counts as read.
      if (!membership || seq <= Math.max(membership.readSeq, countedTo(roomId))) return undefined;
      mentionsCountedTo.set(roomId, seq);
      return { membership: { ...membership, mentionCount: membership.mentionCount + 1 } };
    });
  });
  wire.on("room_activity", ({ roomId, ...activity }) =>
    patch(roomId, (room) => (isOlder(activity, room) ? undefined : activity)),
  );
  wire.on("read_marked", ({ roomId, userId, seq }) => {
    if (userId !== session.me()?.id) return;
    patch(roomId, (room) => {
      const { lastSeq, membership } = room;
      if (membership && lastSeq > seq && (membership.mentionCount || seq < membership.readSeq))
        recountMentions(roomId);
      return { membership: readUpTo(room, seq) };
    });
  });
  wire.on("room_added", ({ room }) => put(room));
  wire.on("room_changed", ({ room }) => put(room));
  wire.on("room_removed", ({ roomId }) => remove(roomId));

  const replace = (listed: readonly Room[]) => {
    rooms = new Map();
    for (const room of listed) take(room);
    isLoaded = true;
    view.changed();
  };
  const list = async () => {
    try {
      const listed = await wire.emit("watch_rooms", {});
      if (!listed.truncated) return listed;
    } catch (error) {
      // A server of contract 1.0 knows no such event.
      if (toChatError(error).code !== "VALIDATION_FAILED") throw error;
      problems.say("CONTRACT_OLDER", true);
    }
    return session.call("listRooms", {});
  };
  wire.onUp(() => {
    const before = rooms;
    return load(list, (listed) => {
      if (rooms !== before) throw unreachable();
      replace(listed.rooms);
    });
  });
  session.onUser(() => {
    rooms = new Map();
    isLoaded = false;
    view.changed();
  });

  return {
    ...view,
    get: (roomId) => rooms.get(roomId),
    put,
    remove,
    setRead,
    setMembership,
    heard,
  };
}

/** A membership with everything up to a message read. */
function readUpTo({ lastSeq, membership }: Room, readSeq: number): Room["membership"] {
  if (!membership) return null;
  // What is read on another device may not have come to this one yet.
  const unreadCount = Math.max(lastSeq - readSeq, 0);
  const mentionCount = unreadCount === 0 ? 0 : membership.mentionCount;
  return { ...membership, readSeq, unreadCount, mentionCount };
}

/** Whether it was read before what is known of a room. */
function isOlder(it: Pick<Room, "lastSeq" | "lastRevision">, known: Room): boolean {
  return it.lastSeq < known.lastSeq || it.lastRevision < known.lastRevision;
}

function activityOf({ lastMessage, updatedAt }: Room): string {
  return lastMessage?.createdAt ?? updatedAt;
}
