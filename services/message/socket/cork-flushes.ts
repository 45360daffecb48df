import { Socket } from "node:net";
import type { ChatSocket } from "./types.ts";

/**
 * Sends what engine.io flushes in one go, several acknowledgements say, by one write call;
 * otherwise each packet is one, and they are most of what sending costs. The fields that it
 * reads are private to engine.io and ws: where one is missing, all goes as it would without.
 */
export function corkFlushes(conn: ChatSocket["conn"]): void {
  conn.on("flush", (packets: unknown) => {
    if (!Array.isArray(packets) || packets.length < 2) return;
    const webSocket: unknown = Reflect.get(conn.transport, "socket");
    if (typeof webSocket !== "object" || webSocket === null) return;
    const stream: unknown = Reflect.get(webSocket, "_socket");
    if (!(stream instanceof Socket)) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  });
}
