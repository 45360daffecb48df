import type { RoomActivityOut, RoomOut } from "#gen/socket-events.ts";
import { isLastUntold, listedRoom } from "../check/listed-room.ts";
import { stateOf } from "../check/message-state.ts";
import type { ListedRoom } from "../check/run-log.ts";
import type { RoomPicture } from "./room-picture.ts";

/** The list of rooms that a client shows, with badges and last lines, kept as the documents say. */
export interface RoomList {
  has: (roomId: string) => boolean;
  ids: () => string[];
  isDirect: (roomId: string) => boolean;
  /** How far a room has come, as far as the list shows it; undefined while its last message is untold. */
  positionOf: (roomId: string) => { lastSeq: number; lastRevision: number } | undefined;
  /** A list that was asked for: it takes the place of what was there. */
  replaced: (rooms: readonly RoomOut[]) => void;
  added: (room: RoomOut) => void;
  removed: (roomId: string) => void;
  moved: (activity: RoomActivityOut) => void;
  read: (roomId: string, seq: number) => void;
  /** @param pictureOf what is known of a room that is joined, and so isn't told by activity */
  listed: (pictureOf: (roomId: string) => RoomPicture | undefined) => ListedRoom[];
}

export function createRoomList(): RoomList {
  const rooms = new Map<string, ListedRoom>();
  const add = (room: RoomOut) => void rooms.set(room.id, listedRoom(room));
  return {
    has: (roomId) => rooms.has(roomId),
    ids: () => [...rooms.keys()],
    isDirect: (roomId) => typeof rooms.get(roomId)?.peerId === "string",
    positionOf(roomId) {
      const room = rooms.get(roomId);
      return room && isLastUntold(room) ? undefined : room;
    },
    replaced(next) {
      rooms.clear();
      next.forEach(add);
    },
    added: add,
    removed: (roomId) => void rooms.delete(roomId),
    moved({ roomId, lastSeq, lastRevision, lastMessage }) {
      const room = rooms.get(roomId);
      if (!room) return;
      const last = lastMessage && stateOf(lastMessage);
      Object.assign(room, { lastSeq, lastRevision, lastMessage: last });
    },
    read(roomId, seq) {
      const room = rooms.get(roomId);
      if (room) room.readSeq = seq;
    },
    listed: (pictureOf) =>
      [...rooms.values()].map((room) => {
        const picture = pictureOf(room.roomId);
        const { lastSeq, lastRevision } = picture?.newest ?? room;
        const lastMessage = picture
          ? picture.lastMessage && stateOf(picture.lastMessage)
          : room.lastMessage;
        return {
          ...room,
          lastSeq,
          lastRevision,
          lastMessage: lastMessage ?? null,
          unreadCount: lastSeq - room.readSeq,
          // Of a room that isn't joined the count is known as it was listed.
          mentionCount: picture?.mentionsAbove(room.readSeq) ?? null,
        };
      }),
  };
}
