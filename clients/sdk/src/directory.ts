import type { Wire } from "./connection-types.ts";
import { ChatError, toChatError } from "./errors.ts";
import type { Membership, Message, Room } from "./gen/contract.ts";
import type { Problems } from "./problems.ts";
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
  /** A message of a room that is open, new or changed. */
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
  const rooms = new Map<string, Room>();
  let isLoaded = false;
  const view = createView<RoomsSnapshot>(() => ({
    rooms: [...rooms.values()].sort((a, b) => (activityOf(a) < activityOf(b) ? 1 : -1)),
    isLoaded,
  }));

  /** Up to which seq the mentions of a room are in its `mentionCount`. */
  const mentionsCountedTo = new Map<string, number>();
  const countedTo = (roomId: string) => mentionsCountedTo.get(roomId) ?? 0;
  /** A room as it is known here, its counts derived anew. */
  const set = (room: Room) => {
    const { membership } = room;
    const readSeq = Math.max(membership?.readSeq ?? 0, options.pendingRead(room.id) ?? 0);
    rooms.set(room.id, membership ? { ...room, membership: readUpTo(room, readSeq) } : room);
  };
  const put = (room: Room) => {
    // Only lists say the last message.
    take({ ...room, lastMessage: room.lastMessage ?? rooms.get(room.id)?.lastMessage ?? null });
    view.changed();
  };
  /** A room as the server says it. */
  const take = (room: Room) => {
    mentionsCountedTo.set(room.id, room.lastSeq);
    set(room);
  };
  const patch = (roomId: string, change: (room: Room) => Partial<Room> | undefined) => {
    const room = rooms.get(roomId);
    const changed = room && change(room);
    if (!changed) return;
    set({ ...room, ...changed });
    view.changed();
  };
  const remove = (roomId: string) => {
    if (rooms.delete(roomId)) view.changed();
  };

  const setRead = (roomId: string, seq: number) =>
    patch(roomId, (room) => ({ membership: readUpTo(room, seq) }));

  const setMembership = (roomId: string, membership: Membership) =>
    patch(roomId, () => ({ membership }));

  const heard = (message: Message) => {
    const { roomId, seq, revision, userId } = message;
    patch(roomId, ({ lastSeq, lastRevision, lastMessage: last, membership }) => {
      const isLast = !last || last.seq < seq || (last.seq === seq && last.revision < revision);
      if (!isLast && revision <= lastRevision) return undefined;
      const isRead = membership && seq > lastSeq && userId === session.me()?.id;
      return {
        lastSeq: Math.max(lastSeq, seq),
        lastRevision: Math.max(lastRevision, revision),
        ...(isLast && { lastMessage: message }),
        ...(isRead && { membership: { ...membership, readSeq: seq } }),
      };
    });
    const { membership } = rooms.get(roomId) ?? {};
    if (message.deletedAt && membership?.mentionCount && seq > membership.readSeq)
      recountMentions(roomId);
  };

  /** What is read on another device, or deleted, doesn't say how many mentions are left. */
  const recountMentions = (roomId: string) => {
    const take = ({ room }: { room: Room }) => {
      // Some have come meanwhile.
      if (room.lastSeq < countedTo(roomId)) return recountMentions(roomId);
      patch(roomId, ({ membership }) => {
        if (membership?.readSeq !== room.membership?.readSeq) return undefined;
        mentionsCountedTo.set(roomId, room.lastSeq);
        return { membership: room.membership };
      });
    };
    session.call("getRoom", { roomId }).then(take, (error) => {
      // The next connection reads all anew.
      if (toChatError(error).isPassing && wire.isUp()) setTimeout(recountMentions, againMs, roomId);
    });
  };

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
  wire.on("room_activity", ({ roomId, lastSeq, lastRevision, lastMessage }) => {
    patch(roomId, (room) => {
      if (lastSeq < room.lastSeq || lastRevision < room.lastRevision) return undefined;
      return { lastSeq, lastRevision, lastMessage };
    });
  });
  wire.on("read_marked", ({ roomId, userId, seq }) => {
    if (userId !== session.me()?.id) return;
    const { lastSeq = 0, membership } = rooms.get(roomId) ?? {};
    setRead(roomId, seq);
    if (membership && lastSeq > seq && (membership.mentionCount || seq < membership.readSeq))
      recountMentions(roomId);
  });
  wire.on("room_added", ({ room }) => put(room));
  wire.on("room_changed", ({ room }) => put(room));
  wire.on("room_removed", ({ roomId }) => remove(roomId));

  const replace = (listed: readonly Room[]) => {
    rooms.clear();
    for (const room of listed) take(room);
    isLoaded = true;
    view.changed();
  };
  wire.onUp(async () => {
    try {
      const { truncated } = await wire.emit("watch_rooms", {}, (answer) => {
        if (!answer.truncated) replace(answer.rooms);
      });
      if (!truncated) return;
    } catch (error) {
      // A server of contract 1.0 knows no such event.
      if (!(error instanceof ChatError) || error.code !== "VALIDATION_FAILED") throw error;
      problems.say("CONTRACT_OLDER", true);
    }
    replace((await session.call("listRooms", {})).rooms);
  });
  session.onUser(() => {
    rooms.clear();
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

function activityOf({ lastMessage, updatedAt }: Room): string {
  return lastMessage?.createdAt ?? updatedAt;
}
