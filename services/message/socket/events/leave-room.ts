import type { Delivery } from "#message/realtime/delivery.ts";
import type { RoomMessages } from "#message/realtime/room-messages.ts";
import type { RoomWatch } from "#message/realtime/room-watch.ts";
import { roomName } from "../chat-server.ts";
import type { EventHandler } from "./event-handler.ts";
import { lockWhileThere } from "./room-mutex.ts";

export interface LeaveContext {
  delivery: Pick<Delivery, "flush">;
  messages: Pick<RoomMessages, "position" | "prune">;
  watch: Pick<RoomWatch, "left">;
}

/** Ends delivery to this socket; leaving a room that it hasn't joined is no fault. */
export const onLeaveRoom =
  ({ delivery, messages, watch }: LeaveContext): EventHandler<"leave_room"> =>
  async ({ roomId }, { socket }) => {
    const release = await lockWhileThere(socket, roomId);
    if (socket.data.joined.delete(roomId)) {
      delivery.flush(roomId);
      socket.leave(roomName(roomId));
      watch.left(roomId, messages.position(roomId));
      messages.prune(roomId);
    }
    release?.();
    return {};
  };
