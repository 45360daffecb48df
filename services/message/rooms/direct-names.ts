import { create } from "@bufbuild/protobuf";
import { UserNameSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Users } from "../members/users.ts";
import type { MessageStore } from "../store/store.ts";

/**
 * The store with direct rooms named as each of the two sees them: after the other, as they are
 * called now. It is the one place where a stored room gets a name of somebody's.
 */
export function withDirectNames(store: MessageStore, users: Pick<Users, "find">): MessageStore {
  const named = async (room: Room, userId: string): Promise<Room> => {
    if (room.roomType !== RoomType.DIRECT) return room;
    // Both are members for ever; who is alone in it is their own peer.
    const peerId = room.members.find((id) => id !== userId) ?? userId;
    const { username = "", name = "" } = (await users.find(peerId)) ?? {};
    return { ...room, name, peer: create(UserNameSchema, { userId: peerId, username, name }) };
  };
  return {
    ...store,
    async findRoom(roomId, userId) {
      const view = await store.findRoom(roomId, userId);
      // Of others' rooms nobody sees the name.
      return view?.isMember ? { ...view, room: await named(view.room, userId) } : view;
    },
    async listRoomsOf(userId) {
      const rooms = await store.listRoomsOf(userId);
      return Promise.all(rooms.map((room) => named(room, userId)));
    },
    async openDirectRoom(userId, peerId) {
      const opened = await store.openDirectRoom(userId, peerId);
      return { ...opened, room: await named(opened.room, userId) };
    },
  };
}
