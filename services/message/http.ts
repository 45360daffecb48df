import { type IncomingMessage, Server } from "node:http";
import { bearerToken, instanceHeader, withInstance } from "#common/http/headers.ts";
import { type SocketsHandler, socketsPath } from "#common/http/server.ts";
import { withoutRequestId } from "#rpc";
import type { MessageContext } from "./context.ts";
import type { Connection } from "./socket/chat-server.ts";
import { forgetRequestsOf, guardConnection, guardWebSockets } from "./socket/door/connections.ts";
import { createHandshakeRule } from "./socket/door/handshake.ts";
import { corkFlush } from "./socket/engine/writes.ts";

/** Serves Socket.IO: each request is judged before engine.io sees it, and refused in our words. */
export function serveSocketRequests(
  ctx: MessageContext,
  onSlow: (conn: Connection) => void,
): SocketsHandler {
  const { io } = ctx;
  // Socket.IO gets a server of its own, which never listens.
  const inner = new Server();
  io.attach(inner, { path: socketsPath });
  io.engine.on("connection", (conn: Connection) => guardConnection(conn, onSlow));
  io.engine.on("flush", corkFlush);
  guardWebSockets(io.engine);
  forgetRequestsOf(io.engine);
  nameSessions(ctx);
  const judge = createHandshakeRule({ ...ctx, ...ctx.config });
  return {
    async handle(req, res) {
      const refusal = await judge(req);
      if (refusal) throw refusal;
      inner.emit("request", req, res);
    },
    async upgrade(req, socket, head) {
      const refusal = await judge(req);
      if (refusal) throw refusal;
      // What a connection does later, such as its pings, isn't done for the request that opened it.
      withoutRequestId(() => inner.emit("upgrade", req, socket, head));
    },
  };
}

/** Puts into session ids which of its instances the gateway takes this one for. */
function nameSessions({ io, serviceTokens }: MessageContext): void {
  const generateId = io.engine.generateId.bind(io.engine);
  const named = async (req: IncomingMessage) => {
    const index = req.headers[instanceHeader];
    const token = bearerToken(req.headers.authorization);
    const isGateway = token !== undefined && (await serviceTokens.verify(token)) !== undefined;
    const id: string = await generateId(req);
    return isGateway && typeof index === "string" ? withInstance(index, id) : id;
  };
  Object.assign(io.engine, { generateId: named });
}
