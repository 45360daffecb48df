import { Server } from "socket.io";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { createDelivery } from "#message/realtime/delivery.ts";
import { createMemberships, type Memberships } from "#message/realtime/memberships.ts";
import {
  createRoomMessages,
  type RoomAttachment,
  type RoomMessages,
} from "#message/realtime/room-messages.ts";
import type { ChatServer } from "#message/socket/chat-server.ts";
import type { MessageStore } from "#message/store/store.ts";

/** What carries messages and memberships to sockets, without a socket. */
export interface Realtime extends Disposable {
  messages: RoomMessages;
  memberships: Memberships;
  metricsText: () => Promise<string>;
  /** Begins to join a room, as a socket of the user would. */
  attach: (roomId: string, userId: string) => Promise<RoomAttachment>;
  /** Everything that the store knows of the users' memberships has taken effect. */
  catchUp: (...userIds: string[]) => Promise<void>;
}

export function createRealtime(store: MessageStore): Realtime {
  const log = createLogger("message", "silent");
  const metrics = createMetrics("message");
  const io: ChatServer = new Server();
  const delivery = createDelivery(io);
  const announce = () => undefined;
  const announceChange = announce;
  const onMoved = announce;
  const onSeen = announce;
  const watch = { added: announce, removed: announce };
  const messages = createRoomMessages({
    ...{ io, store, delivery, announce, announceChange, onMoved, onSeen, log, metrics },
  });
  const memberships = createMemberships({ io, store, messages, delivery, watch, announce, log });
  return {
    messages,
    memberships,
    metricsText: () => metrics.registry.metrics(),
    async attach(roomId, userId) {
      await memberships.follow(userId);
      return messages.attach(roomId, userId, await memberships.caughtUp(userId));
    },
    async catchUp(...userIds) {
      await memberships.poll();
      for (const userId of userIds) await memberships.caughtUp(userId);
    },
    [Symbol.dispose]() {
      messages[Symbol.dispose]();
      memberships[Symbol.dispose]();
    },
  };
}
