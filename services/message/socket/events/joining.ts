import { AppError } from "#contract/errors.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Delivery } from "#message/realtime/delivery.ts";
import type { Fanout } from "#message/realtime/fanout.ts";
import { type ChatSocket, roomName } from "../chat-server.ts";

/** A socket between asking to join and being in the room. */
export interface Joining {
  /** Resolves when everything up to `seq` has gone out to the room. @throws AppError UNAVAILABLE */
  reached: (seq: number) => Promise<void>;
  /** The user is a member now. */
  confirm: () => void;
  /** @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM if the user was removed meanwhile */
  requireMember: (room: Room) => void;
  /** Puts the socket into the room; it gets what went out meanwhile above `lastSeq`. */
  complete: (lastSeq: number) => void;
  /** The socket is not in the room after all. */
  leave: () => void;
  /** Everything is as it was before: what went out meanwhile follows, if it was in the room. */
  abandon: () => void;
}

export interface JoiningContext {
  fanout: Pick<Fanout, "attach">;
  delivery: Pick<Delivery, "flush" | "send">;
}

/** Begins to hold back what goes out; a socket that was in the room already pauses. */
export async function beginJoin(
  { fanout, delivery }: JoiningContext,
  socket: ChatSocket,
  roomId: string,
  userId: string,
): Promise<Joining> {
  const { joined } = socket.data;
  const attachment = await fanout.attach(roomId, userId);
  const name = roomName(roomId);
  const pausedAt = attachment.lastHeld();
  if (joined.has(roomId)) {
    delivery.flush(roomId);
    socket.leave(name);
  }
  const enter = (lastSeq: number) => {
    if (!socket.connected || attachment.isCancelled()) return leave();
    delivery.flush(roomId);
    joined.add(roomId);
    socket.join(name);
    delivery.send(
      socket,
      attachment.end().filter((message) => message.seq > lastSeq),
    );
  };
  const leave = () => {
    joined.delete(roomId);
    attachment.end();
  };
  return {
    reached: attachment.reached,
    confirm: attachment.confirm,
    requireMember(room) {
      if (!attachment.isCancelled()) return;
      throw new AppError(room.roomType === RoomType.PUBLIC ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND");
    },
    complete: enter,
    leave,
    abandon() {
      if (joined.has(roomId)) enter(pausedAt);
      else leave();
    },
  };
}
