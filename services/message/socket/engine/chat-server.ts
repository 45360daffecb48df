import { Server } from "socket.io";
import type { OriginRule } from "#common/http/origin.ts";
import type { ChatServer } from "./types.ts";

/** In which a client has to say who it is. */
export const handshakeLimitMs = 5_000;
/** A larger frame closes the connection; a larger event (64 KiB) only fails. */
const maxFrameBytes = 256 * 1024;

/** A Socket.IO server that listens to nothing yet. */
export function createChatServer(originRule: OriginRule): ChatServer {
  return new Server({
    serveClient: false,
    connectTimeout: handshakeLimitMs,
    maxHttpBufferSize: maxFrameBytes,
    perMessageDeflate: false,
    httpCompression: false,
    cors: {
      origin: (origin, answer) => answer(null, originRule(origin === undefined ? {} : { origin })),
      credentials: true,
    },
  });
}
