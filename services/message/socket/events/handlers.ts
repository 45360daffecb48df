import type { MessageContext } from "#message/context.ts";
import type { EventHandlers } from "./event-handler.ts";
import { onJoinRoom } from "./join-room.ts";
import { onLeaveRoom } from "./leave-room.ts";

/** Every event that no method serves, one line each. */
export const createEventHandlers = (ctx: MessageContext): EventHandlers => ({
  join_room: onJoinRoom(ctx),
  leave_room: onLeaveRoom(ctx),
  typing_start: ctx.typing.start,
  typing_stop: ctx.typing.stop,
});
