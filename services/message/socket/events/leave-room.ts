import { create } from "@bufbuild/protobuf";
import { LeaveRoomAckSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { MessageContext } from "#message/context.ts";
import { roomName } from "../engine/room-names.ts";
import type { EventHandler } from "./event-handler.ts";
import { takeTurn } from "./turns.ts";

/** Ends delivery to this socket; leaving a room that it hasn't joined is no fault. */
export const onLeaveRoom =
  ({ delivery, fanout }: MessageContext): EventHandler<"leave_room"> =>
  async ({ roomId }, { socket }) => {
    const endTurn = await takeTurn(socket, roomId);
    if (socket.data.joined.delete(roomId)) {
      delivery.flush(roomId);
      socket.leave(roomName(roomId));
      fanout.prune(roomId);
    }
    endTurn();
    return create(LeaveRoomAckSchema);
  };
