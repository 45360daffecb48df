import type { ClientToServerEvents, JoinRoomIn, MessageOut } from "#gen/socket-events.ts";
import { createRoomPicture, type RoomPicture } from "./room-picture.ts";

type JoinAck = Parameters<Parameters<ClientToServerEvents["join_room"]>[1]>[0];

/** The rooms that a client joins, again and again, each from what it has last seen. */
export interface Joins {
  /** Joins a room, unless it is joined already. */
  enter: (roomId: string) => void;
  /** The user is no longer in the room. */
  left: (roomId: string) => void;
  /** There is another connection: joins all again. */
  connected: () => void;
  lost: () => void;
  isJoined: (roomId: string) => boolean;
  picture: (roomId: string) => RoomPicture | undefined;
  pictures: () => RoomPicture[];
}

export interface JoinsOptions {
  userId: string;
  isListed: (roomId: string) => boolean;
  /** Asks to join; the answer doesn't come once the connection is another. */
  ask: (since: JoinRoomIn, then: (error: Error | null, ack: JoinAck) => void) => void;
  /** No answer came, or one of a service that is out of order. */
  again: (error: Error | null, ask: () => void) => void;
  onAnswer: (messages: readonly MessageOut[]) => void;
  onJoined: (roomId: string) => void;
}

interface Room {
  picture: RoomPicture;
  state: "out" | "joining" | "joined";
  /** It was left while a join is under way, whose answer doesn't say whether it came before or after. */
  wasLeft: boolean;
  /** Events may go on while it is joined again, and what comes by one is answered too then. */
  mayBeJoined: boolean;
}

export function createJoins(options: JoinsOptions): Joins {
  const { userId, isListed, ask, again } = options;
  const rooms = new Map<string, Room>();

  /** One join at a time: what one has answered the next doesn't ask for. */
  const join = (room: Room) => {
    const { picture } = room;
    const { roomId } = picture;
    room.state = "out";
    room.wasLeft = false;
    if (!isListed(roomId)) return;
    room.state = "joining";
    const since = { roomId, afterSeq: picture.lastSeq, afterRevision: picture.lastRevision };
    ask(since, (error, ack) => {
      if (error || !ack.success) {
        room.mayBeJoined = true;
        return again(error, () => join(room));
      }
      const { lastSeq, lastRevision } = picture;
      const { mayBeJoined } = room;
      for (const message of ack.changes) {
        if (!mayBeJoined || message.revision > lastRevision) picture.changed(message, false);
      }
      for (const message of ack.messages) {
        if (!mayBeJoined || message.seq > lastSeq) picture.added(message);
      }
      options.onAnswer([...ack.changes, ...ack.messages]);
      if (ack.hasMore) return join(room);
      picture.reached(ack.room);
      // Also if it isn't listed now, and is joined again only when it is.
      room.mayBeJoined = room.wasLeft;
      if (room.wasLeft) return join(room);
      room.state = "joined";
      options.onJoined(roomId);
    });
  };
  return {
    enter(roomId) {
      const picture = createRoomPicture(roomId, userId);
      const begun: Room = { picture, state: "out", wasLeft: false, mayBeJoined: false };
      const room = rooms.get(roomId) ?? begun;
      rooms.set(roomId, room);
      if (room.state === "out") join(room);
    },
    left(roomId) {
      const room = rooms.get(roomId);
      if (room?.state === "joined") room.state = "out";
      else if (room) room.wasLeft = true;
    },
    connected() {
      for (const room of rooms.values()) {
        room.mayBeJoined = false;
        join(room);
      }
    },
    lost() {
      for (const room of rooms.values()) room.state = "out";
    },
    isJoined: (roomId) => rooms.get(roomId)?.state === "joined",
    picture: (roomId) => rooms.get(roomId)?.picture,
    pictures: () => [...rooms.values()].map(({ picture }) => picture),
  };
}
