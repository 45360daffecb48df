import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { isAfter, type RoomEvent } from "#message/realtime/attachments.ts";
import type { Delivery } from "#message/realtime/delivery.ts";
import type { Memberships } from "#message/realtime/memberships.ts";
import type { RoomAttachment, RoomMessages } from "#message/realtime/room-messages.ts";
import type { RoomWatch } from "#message/realtime/room-watch.ts";
import type { MessageStore, RoomPosition } from "#message/store/store.ts";
import { type ChatSocket, roomName } from "../chat-server.ts";

/** A socket between asking to join and being in the room. */
export interface Joining {
  /** Resolves when everything up to there has gone out to the room. @throws AppError UNAVAILABLE */
  reached: RoomAttachment["reached"];
  /** What was read up to there has to be read again, once that is reached. */
  isAheadOf: RoomAttachment["isAheadOf"];
  /** Whether the user was removed since what the join rests on. */
  isRemoved: () => boolean;
  /** The user has become a member by this change. */
  confirm: (change: number) => void;
  /** @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM if the user was removed meanwhile */
  requireMember: () => Promise<void>;
  /** Puts the socket into the room; it gets what went out meanwhile and comes after that. */
  complete: (position: RoomPosition) => void;
  /** The socket is not in the room after all. */
  leave: () => void;
  /** Everything is as it was before: what went out meanwhile follows, if it was in the room. */
  abandon: () => void;
}

export interface JoiningContext {
  store: Pick<MessageStore, "findRoom">;
  messages: Pick<RoomMessages, "attach" | "position">;
  watch: Pick<RoomWatch, "left">;
  memberships: Pick<Memberships, "caughtUp">;
  delivery: Pick<Delivery, "flush" | "send">;
}

/** Begins to hold back what goes out; a socket that was in the room already pauses. */
export async function beginJoin(
  { store, messages, memberships, delivery, watch }: JoiningContext,
  socket: ChatSocket,
  roomId: string,
  userId: string,
): Promise<Joining> {
  const { joined } = socket.data;
  const attachment = await messages.attach(roomId, userId, await memberships.caughtUp(userId));
  const name = roomName(roomId);
  const pausedAt = attachment.count();
  const heard = messages.position(roomId);
  if (joined.has(roomId)) {
    delivery.flush(roomId);
    socket.leave(name);
  }
  const enter = (isMissing: (event: RoomEvent, nth: number) => boolean) => {
    if (!socket.connected || attachment.removedBy() !== undefined) return leave();
    delivery.flush(roomId);
    joined.set(roomId, attachment.change());
    socket.join(name);
    delivery.send(socket, attachment.end().filter(isMissing));
  };
  const leave = () => {
    const wasIn = joined.delete(roomId);
    attachment.end();
    if (wasIn) watch.left(roomId, heard);
  };
  return {
    reached: attachment.reached,
    isAheadOf: attachment.isAheadOf,
    isRemoved: () => attachment.removedBy() !== undefined,
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
    complete: (position) => enter((event) => isAfter(position, event)),
    leave,
    abandon() {
      if (joined.has(roomId)) enter((_, nth) => nth >= pausedAt);
      else leave();
    },
  };
}
