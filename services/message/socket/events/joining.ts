import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Delivery } from "#message/realtime/delivery.ts";
import type { Memberships } from "#message/realtime/memberships.ts";
import type { RoomMessages } from "#message/realtime/room-messages.ts";
import type { MessageStore } from "#message/store/store.ts";
import { type ChatSocket, roomName } from "../chat-server.ts";

/** A socket between asking to join and being in the room. */
export interface Joining {
  /** Resolves when everything up to `seq` has gone out to the room. @throws AppError UNAVAILABLE */
  reached: (seq: number) => Promise<void>;
  /** The user has become a member by this change. */
  confirm: (change: number) => void;
  /** @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM if the user was removed meanwhile */
  requireMember: () => Promise<void>;
  /** Puts the socket into the room; it gets what went out meanwhile above `lastSeq`. */
  complete: (lastSeq: number) => void;
  /** The socket is not in the room after all. */
  leave: () => void;
  /** Everything is as it was before: what went out meanwhile follows, if it was in the room. */
  abandon: () => void;
}

export interface JoiningContext {
  store: Pick<MessageStore, "findRoom">;
  messages: Pick<RoomMessages, "attach">;
  memberships: Pick<Memberships, "caughtUp">;
  delivery: Pick<Delivery, "flush" | "send">;
}

/** Begins to hold back what goes out; a socket that was in the room already pauses. */
export async function beginJoin(
  { store, messages, memberships, delivery }: JoiningContext,
  socket: ChatSocket,
  roomId: string,
  userId: string,
): Promise<Joining> {
  const { joined } = socket.data;
  const attachment = await messages.attach(roomId, userId, await memberships.caughtUp(userId));
  const name = roomName(roomId);
  const pausedAt = attachment.lastHeld();
  if (joined.has(roomId)) {
    delivery.flush(roomId);
    socket.leave(name);
  }
  const enter = (lastSeq: number) => {
    if (!socket.connected || attachment.removedBy() !== undefined) return leave();
    delivery.flush(roomId);
    joined.set(roomId, attachment.change());
    socket.join(name);
    const missed = attachment.end().filter((message) => message.seq > lastSeq);
    delivery.send(socket, "new_message", missed);
  };
  const leave = () => {
    joined.delete(roomId);
    attachment.end();
  };
  return {
    reached: attachment.reached,
    confirm: attachment.confirm,
    async requireMember() {
      for (let by = attachment.removedBy(); by !== undefined; by = attachment.removedBy()) {
        // The user may have been added again before the join found them to be a member.
        const view = await store.findRoom(roomId, userId);
        if (!view?.isMember) {
          const isPublic = view?.room.roomType === RoomType.PUBLIC;
          throw new AppError(isPublic ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND");
        }
        attachment.confirm(by);
      }
    },
    complete: enter,
    leave,
    abandon() {
      if (joined.has(roomId)) enter(pausedAt);
      else leave();
    },
  };
}
