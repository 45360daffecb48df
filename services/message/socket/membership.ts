import { create } from "@bufbuild/protobuf";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { RoomAddedSchema, RoomRemovedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Delivery } from "../fanout/delivery.ts";
import type { Fanout } from "../fanout/fanout.ts";
import type { Hints } from "../fanout/hints.ts";
import type { Membership } from "../membership.ts";
import type { MessageStore } from "../store/store.ts";
import { emitTo } from "./emit.ts";
import { roomName, userRoomName } from "./room-names.ts";
import type { ChatServer } from "./types.ts";

export interface MembershipOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom">;
  fanout: Pick<Fanout, "cancel" | "prune">;
  delivery: Pick<Delivery, "flush">;
  hints: Pick<Hints, "removed">;
}

/** Tells the user's sockets: through the adapter those of every instance. */
export function createMembership(options: MembershipOptions): Membership {
  const { io, store, fanout, delivery, hints } = options;
  const told = createTold();

  const removedHere: Membership["removedHere"] = (userId, roomId) => {
    told.note(userId, roomId, false);
    fanout.cancel(roomId, userId);
    delivery.flush(roomId);
    for (const id of io.sockets.adapter.rooms.get(userRoomName(userId)) ?? []) {
      const socket = io.sockets.sockets.get(id);
      socket?.leave(roomName(roomId));
      socket?.data.joined.delete(roomId);
    }
    fanout.prune(roomId);
    const sockets = io.local.to(userRoomName(userId));
    emitTo(sockets, "room_removed", create(RoomRemovedSchema, { roomId }));
  };
  const addedTo = (sockets: Parameters<typeof emitTo>[0], userId: string, room: Room) => {
    told.note(userId, room.id, true);
    emitTo(sockets, "room_added", create(RoomAddedSchema, { room }));
  };
  return {
    removedHere,
    added(userId, room, exceptSocketId) {
      const sockets = io.to(userRoomName(userId));
      addedTo(exceptSocketId ? sockets.except(exceptSocketId) : sockets, userId, room);
    },
    removed(userId, roomId) {
      removedHere(userId, roomId);
      hints.removed(userId, roomId);
    },
    async found({ userId, roomId, isMember }) {
      if (told.is(userId, roomId, isMember)) return;
      if (!isMember) return removedHere(userId, roomId);
      const view = await store.findRoom(roomId, userId);
      if (view?.isMember) addedTo(io.local.to(userRoomName(userId)), userId, view.room);
    },
  };
}

/** Longer than the store says the same again. */
const toldForMs = 120_000;

/** What the sockets here were told last of a user and a room. */
function createTold() {
  const told = new Map<string, { isMember: boolean; at: number }>();
  const keyOf = (userId: string, roomId: string) => `${userId} ${roomId}`;
  return {
    note(userId: string, roomId: string, isMember: boolean) {
      const now = performance.now();
      // The oldest come first.
      for (const [key, { at }] of told) {
        if (now - at < toldForMs) break;
        told.delete(key);
      }
      const key = keyOf(userId, roomId);
      told.delete(key);
      told.set(key, { isMember, at: now });
    },
    is: (userId: string, roomId: string, isMember: boolean) =>
      told.get(keyOf(userId, roomId))?.isMember === isMember,
  };
}
