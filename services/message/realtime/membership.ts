import { create } from "@bufbuild/protobuf";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { RoomAddedSchema, RoomRemovedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { ChatServer } from "../socket/chat-server.ts";
import { roomName, userRoomName } from "../socket/chat-server.ts";
import { emitTo } from "../socket/emit.ts";
import type { MessageStore } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import type { Fanout } from "./fanout.ts";
import type { Hints } from "./hints.ts";
import type { Membership } from "./membership-type.ts";

export interface MembershipOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom">;
  fanout: Pick<Fanout, "cancel" | "prune">;
  delivery: Pick<Delivery, "flush">;
  hints: Pick<Hints, "changed">;
}

/** Tells the user's sockets here, and other instances by a hint; polling finds a lost one. */
export function createMembership(options: MembershipOptions): Membership {
  const { io, store, fanout, delivery, hints } = options;
  const told = createTold();
  const socketsOf = (userId: string) => io.sockets.adapter.rooms.get(userRoomName(userId));

  const addedHere = (userId: string, room: Room, exceptSocketId?: string) => {
    told.note(userId, room.id, true);
    const sockets = io.local.to(userRoomName(userId));
    const others = exceptSocketId ? sockets.except(exceptSocketId) : sockets;
    emitTo(others, "room_added", create(RoomAddedSchema, { room }));
  };
  const removedHere = (userId: string, roomId: string) => {
    let isNews = !told.is(userId, roomId, false);
    told.note(userId, roomId, false);
    fanout.cancel(roomId, userId);
    delivery.flush(roomId);
    for (const id of socketsOf(userId) ?? []) {
      const socket = io.sockets.sockets.get(id);
      socket?.leave(roomName(roomId));
      if (socket?.data.joined.delete(roomId)) isNews = true;
    }
    fanout.prune(roomId);
    if (!isNews) return;
    const sockets = io.local.to(userRoomName(userId));
    emitTo(sockets, "room_removed", create(RoomRemovedSchema, { roomId }));
  };
  /** What is said of a change may be older than the next one: the store knows. */
  const tellFromStore = async (userId: string, roomId: string) => {
    const view = await store.findRoom(roomId, userId);
    const isMember = view?.isMember ?? false;
    if (told.is(userId, roomId, isMember)) return;
    if (view?.isMember) addedHere(userId, view.room);
    else removedHere(userId, roomId);
  };
  return {
    removedHere,
    added(userId, room, exceptSocketId) {
      addedHere(userId, room, exceptSocketId);
      hints.changed({ userId, roomId: room.id, isMember: true });
    },
    removed(userId, roomId) {
      // He was a member until now, whatever was told.
      told.forget(userId, roomId);
      removedHere(userId, roomId);
      hints.changed({ userId, roomId, isMember: false });
    },
    async hinted({ userId, roomId, isMember }) {
      // Out at once, and in again if the hint was late.
      if (!isMember) removedHere(userId, roomId);
      if (socketsOf(userId)) await tellFromStore(userId, roomId);
      else told.note(userId, roomId, isMember);
    },
    async found({ userId, roomId, isMember }) {
      if (!told.is(userId, roomId, isMember)) await tellFromStore(userId, roomId);
    },
    forgetBefore: told.forgetBefore,
  };
}

/** What the sockets here were told last of a user and a room. */
function createTold() {
  const told = new Map<string, { isMember: boolean; at: number }>();
  const keyOf = (userId: string, roomId: string) => `${userId} ${roomId}`;
  return {
    note(userId: string, roomId: string, isMember: boolean) {
      const key = keyOf(userId, roomId);
      told.delete(key);
      told.set(key, { isMember, at: performance.now() });
    },
    is: (userId: string, roomId: string, isMember: boolean) =>
      told.get(keyOf(userId, roomId))?.isMember === isMember,
    forget: (userId: string, roomId: string) => told.delete(keyOf(userId, roomId)),
    forgetBefore(time: number) {
      // The oldest come first.
      for (const [key, { at }] of told) {
        if (at >= time) break;
        told.delete(key);
      }
    },
  };
}
