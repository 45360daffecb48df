import type { Reads } from "#message/realtime/reads.ts";
import type { RoomWatch } from "#message/realtime/room-watch.ts";
import { byActivity, withinBytes } from "#message/rooms/last-messages.ts";
import { lastMessagesBytes } from "#message/store/room-limits.ts";
import type { MessageStore } from "#message/store/store.ts";
import type { EventHandler } from "./event-handler.ts";

const mostListed = 200;

export interface WatchContext {
  store: Pick<MessageStore, "listRoomsOf">;
  watch: Pick<RoomWatch, "begin" | "end">;
  reads: Pick<Reads, "note">;
}

/**
 * What goes on from before the rooms are read follows the acknowledgement, also what was told
 * meanwhile: for the list takes the place of all that the client knew.
 */
export const onWatchRooms =
  ({ store, watch, reads }: WatchContext): EventHandler<"watch_rooms"> =>
  async (_payload, { socket, user, afterAck }) => {
    const open = watch.begin(socket);
    const endNotes = reads.note(socket, user.id);
    try {
      const rooms = await store.listRoomsOf(user.id);
      afterAck(() => {
        open(rooms);
        endNotes(true);
      });
      const listed = byActivity(rooms).slice(0, mostListed);
      return {
        rooms: withinBytes(listed, lastMessagesBytes),
        truncated: rooms.length > mostListed,
      };
    } catch (error) {
      watch.end(socket);
      endNotes(false);
      throw error;
    }
  };

export const onUnwatchRooms =
  ({ watch }: Pick<WatchContext, "watch">): EventHandler<"unwatch_rooms"> =>
  async (_payload, { socket }) => {
    watch.end(socket);
    return {};
  };
