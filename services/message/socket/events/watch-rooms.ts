import type { Reads } from "#message/realtime/reads.ts";
import type { RoomNotices } from "#message/realtime/room-notices.ts";
import type { RoomWatch } from "#message/realtime/room-watch.ts";
import { byActivity, withinBytes } from "#message/rooms/last-messages.ts";
import { lastMessagesBytes } from "#message/store/room-limits.ts";
import type { MessageStore } from "#message/store/store.ts";
import type { EventHandler } from "./event-handler.ts";
import { lockWhileThere } from "./room-mutex.ts";

const mostListed = 200;
/** In the place of a room's id: no room has this one. */
const allRooms = "";

export interface WatchContext {
  store: Pick<MessageStore, "listRoomsOf">;
  watch: Pick<RoomWatch, "begin" | "end">;
  reads: Pick<Reads, "note">;
  notices: Pick<RoomNotices, "note" | "seen">;
}

/**
 * What goes on from before the rooms are read follows the acknowledgement, also what was told
 * meanwhile: for the list takes the place of all that the client knew. So one list comes after
 * the other.
 */
export const onWatchRooms =
  ({ store, watch, reads, notices }: WatchContext): EventHandler<"watch_rooms"> =>
  async (_payload, { socket, user, afterAck }) => {
    const release = await lockWhileThere(socket, allRooms);
    // Who is gone reads no answer.
    if (!release) return { rooms: [], truncated: false };
    const open = watch.begin(socket);
    const notes = [reads.note(socket, user.id), notices.note(socket)];
    try {
      const rooms = await store.listRoomsOf(user.id);
      afterAck(() => {
        open(rooms);
        for (const room of rooms) notices.seen(room.id, room);
        for (const end of notes) end(true);
        release();
      });
      const listed = byActivity(rooms).slice(0, mostListed);
      return {
        rooms: withinBytes(listed, lastMessagesBytes),
        truncated: rooms.length > mostListed,
      };
    } catch (error) {
      watch.end(socket);
      for (const end of notes) end(false);
      release();
      throw error;
    }
  };

export const onUnwatchRooms =
  ({ watch }: Pick<WatchContext, "watch">): EventHandler<"unwatch_rooms"> =>
  async (_payload, { socket }) => {
    // A watch that was asked for before it has begun by then.
    const release = await lockWhileThere(socket, allRooms);
    watch.end(socket);
    release?.();
    return {};
  };
