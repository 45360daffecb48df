import type { ChatSocket } from "./types.ts";

/**
 * How large each event of a connection was on the wire, in bytes, in the order of the
 * events. Socket.IO itself doesn't say.
 */
export function watchEventSizes(conn: ChatSocket["conn"]): () => number {
  let sizes: number[] = [];
  conn.on("data", (data: unknown) => {
    if (typeof data === "string") {
      // Types of Socket.IO packets: 2 is an event, 5 one whose attachments follow.
      if (data.startsWith("2") || data.startsWith("5")) sizes.push(Buffer.byteLength(data));
    } else if (Buffer.isBuffer(data)) {
      sizes.push((sizes.pop() ?? 0) + data.length);
    }
  });
  return () => {
    const size = sizes.shift() ?? 0;
    // An array that has had something in it keeps room for more, which idle sockets don't need.
    if (sizes.length === 0) sizes = [];
    return size;
  };
}
