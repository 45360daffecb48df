import type { MessageContext } from "#message/context.ts";
import type { EventHandlers } from "./event-handler.ts";
import { onJoinRoom } from "./join-room.ts";
import { onLeaveRoom } from "./leave-room.ts";
import { onSendMessage } from "./send-message.ts";
import { onTypingStart, onTypingStop } from "./typing.ts";

/** Every event of the contract that clients send, one line each. */
export const eventHandlers = (ctx: MessageContext): EventHandlers => ({
  join_room: onJoinRoom(ctx),
  leave_room: onLeaveRoom(ctx),
  send_message: onSendMessage(ctx),
  typing_start: onTypingStart(ctx),
  typing_stop: onTypingStop(ctx),
});
