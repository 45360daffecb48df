import type { MessageContext } from "#message/context.ts";
import { sendMessage } from "#message/messages/messages.ts";
import { getReadableRoom } from "#message/rooms/rooms.ts";
import type { EventHandler } from "./event-handler.ts";
import { requireJoined } from "./turns.ts";

export const onSendMessage =
  (ctx: MessageContext): EventHandler<"send_message"> =>
  async (request, { socket, user }) => {
    if (!socket.data.joined.has(request.roomId)) {
      await requireJoined(socket, request.roomId).catch(async (error: unknown) => {
        // A private room of others isn't there.
        await getReadableRoom(ctx.store, request.roomId, user.id);
        throw error;
      });
    }
    return sendMessage(ctx, user.id, request);
  };
