import type { ChatServer, ChatSocket } from "../socket/chat-server.ts";
import { roomName } from "../socket/chat-server.ts";
import { closeTransport } from "../socket/engine/close.ts";
import type { Delivery } from "./delivery.ts";
import type { Audience } from "./fanout.ts";

/** The joined sockets of this instance, for the fan-out. */
export function createAudience(
  io: ChatServer,
  delivery: Delivery,
  remove: Audience["remove"],
): Audience {
  const idsIn = (roomId: string) => io.sockets.adapter.rooms.get(roomName(roomId)) ?? [];
  const socketsIn = (roomId: string): ChatSocket[] =>
    [...idsIn(roomId)].flatMap((id) => io.sockets.sockets.get(id) ?? []);
  return {
    deliver: delivery.push,
    isEmpty: (roomId) => !io.sockets.adapter.rooms.has(roomName(roomId)),
    usersIn: (roomId) =>
      new Set(
        socketsIn(roomId).flatMap(({ data }) =>
          data.judgement.isAdmitted ? [data.judgement.user.id] : [],
        ),
      ),
    remove,
    interrupt(roomId) {
      for (const { conn } of socketsIn(roomId)) closeTransport(conn);
    },
  };
}
