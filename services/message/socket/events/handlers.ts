import type { MessageContext } from "#message/context.ts";
import type { EventHandlers } from "./event-handler.ts";
import { onJoinRoom } from "./join-room.ts";
import { onLeaveRoom } from "./leave-room.ts";
import { onUnwatchRooms, onWatchRooms } from "./watch-rooms.ts";

/** Every event that no method serves, one line each. */
export const createEventHandlers = (ctx: MessageContext): EventHandlers => ({
  join_room: onJoinRoom(ctx),
  leave_room: onLeaveRoom(ctx),
  watch_rooms: onWatchRooms(ctx),
  unwatch_rooms: onUnwatchRooms(ctx),
  typing_start: ctx.typing.start,
  typing_stop: ctx.typing.stop,
  watch_presence: ctx.presence.watch,
  set_presence: ctx.presence.set,
});
