import type { Delivery } from "#message/realtime/delivery.ts";
import type { Fanout } from "#message/realtime/fanout.ts";
import { roomName } from "../chat-server.ts";
import type { EventHandler } from "./handlers.ts";
import { lockRoom } from "./room-mutex.ts";

export interface LeaveContext {
  delivery: Pick<Delivery, "flush">;
  fanout: Pick<Fanout, "prune">;
}

/** Ends delivery to this socket; leaving a room that it hasn't joined is no fault. */
export const onLeaveRoom =
  ({ delivery, fanout }: LeaveContext): EventHandler<"leave_room"> =>
  async ({ roomId }, { socket }) => {
    const release = await lockRoom(socket, roomId);
    if (socket.data.joined.delete(roomId)) {
      delivery.flush(roomId);
      socket.leave(roomName(roomId));
      fanout.prune(roomId);
    }
    release();
    return {};
  };
