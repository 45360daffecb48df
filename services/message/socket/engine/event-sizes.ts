import type { Connection } from "../chat-server.ts";
import { terminate } from "./close.ts";

/**
 * How large each event of a connection was on the wire, in bytes, in the order of the
 * events. Socket.IO itself doesn't say. Disconnects clients that send acknowledgements: the server
 * never requests one, and no limit on events would count them.
 */
export function watchEventSizes(conn: Connection): () => number {
  let sizes: number[] = [];
  let hasAttachments = false;
  conn.on("data", (data: unknown) => {
    if (typeof data === "string") {
      // Types of Socket.IO packets: 2 is an event, 3 an acknowledgement; 5 and 6 are the same
      // with attachments, which follow.
      const type = data[0];
      hasAttachments = type === "5";
      if (type === "2" || type === "5") sizes.push(Buffer.byteLength(data));
      else if (type === "3" || type === "6") terminate(conn);
    } else if (Buffer.isBuffer(data) && hasAttachments) {
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
