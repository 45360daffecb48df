import { create } from "@bufbuild/protobuf";
import { RoomAddedSchema, RoomRemovedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Delivery } from "../fanout/delivery.ts";
import type { Fanout } from "../fanout/fanout.ts";
import type { Hints } from "../fanout/hints.ts";
import type { Membership } from "../membership.ts";
import { emitTo } from "./emit.ts";
import { roomName, userRoomName } from "./room-names.ts";
import type { ChatServer } from "./types.ts";

/** Tells the user's sockets: through the adapter those of every instance. */
export function createMembership(
  io: ChatServer,
  fanout: Pick<Fanout, "cancel" | "prune">,
  delivery: Pick<Delivery, "flush">,
  hints: Pick<Hints, "removed">,
): Membership {
  const removedHere: Membership["removedHere"] = (userId, roomId) => {
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
  return {
    removedHere,
    added(userId, room, exceptSocketId) {
      const sockets = io.to(userRoomName(userId));
      const target = exceptSocketId ? sockets.except(exceptSocketId) : sockets;
      emitTo(target, "room_added", create(RoomAddedSchema, { room }));
    },
    removed(userId, roomId) {
      removedHere(userId, roomId);
      hints.removed(userId, roomId);
    },
  };
}
