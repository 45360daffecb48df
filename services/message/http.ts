import { createServer, type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { bearerToken } from "#common/http/bearer-token.ts";
import { errorBody, sendError } from "#common/http/error-body.ts";
import { instanceHeader, withInstance } from "#common/http/instance.ts";
import { requestIdOf } from "#common/http/request-id.ts";
import { asksForWebSocket } from "#common/http/upgrade.ts";
import { AppError, errorEntry } from "#contract/errors.ts";
import type { MessageContext } from "./context.ts";
import { guardConnection, guardWebSockets } from "./socket/door/guard-connections.ts";
import { createHandshakeRule } from "./socket/door/handshake.ts";
import type { OnSlow } from "./socket/door/server.ts";
import { corkFlush } from "./socket/engine/one-write.ts";
import type { ChatSocket } from "./socket/engine/types.ts";

const path = "/socket.io/";

/** The HTTP port: health and metrics, Socket.IO, and nothing else. */
export function createHttpServer(ctx: MessageContext, onSlow: OnSlow): Server {
  const { io, log, operations } = ctx;
  // Socket.IO gets a server of its own, which never listens, so that what comes is judged
  // before it sees it, and refused in our words.
  const inner = new Server();
  io.attach(inner, { path });
  io.engine.on("connection", (conn: ChatSocket["conn"]) => guardConnection(conn, onSlow));
  io.engine.on("flush", corkFlush);
  guardWebSockets(io.engine);
  nameSessions(ctx);
  const judge = createHandshakeRule({ ...ctx, ...ctx.config });

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    if (operations.handle(req, res)) return;
    const requestId = requestIdOf(req);
    res.setHeader("x-request-id", requestId);
    const refusal = isSocketPath(req) ? await judge(req) : new AppError("NOT_FOUND");
    if (refusal) {
      req.resume();
      sendError(res, refusal, requestId);
    } else inner.emit("request", req, res);
  };
  const upgrade = async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = isSocketPath(req) ? await judge(req) : new AppError("NOT_FOUND");
    if (refusal) refuseUpgrade(req, socket, refusal);
    else inner.emit("upgrade", req, socket, head);
  };

  const server = createServer({
    maxHeaderSize: 16 * 1024,
    shouldUpgradeCallback: asksForWebSocket,
    headersTimeout: 5_000,
    requestTimeout: 20_000,
    // By itself Node looks for connections over these limits every 30 s only.
    connectionsCheckingInterval: 500,
  });
  server.on("request", (req, res) => {
    // After an upgrade that was passed over the parser doesn't read on.
    if (req.headers.upgrade) res.shouldKeepAlive = false;
    handle(req, res).catch((error: unknown) => {
      log.error({ err: error }, "a request failed");
      res.destroy();
    });
  });
  server.on("upgrade", (req, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(req, socket, head).catch((error: unknown) => {
      log.error({ err: error }, "an upgrade failed");
      socket.destroy();
    });
  });
  return server;
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

function isSocketPath(req: IncomingMessage): boolean {
  return (req.url ?? "").startsWith(path);
}

function refuseUpgrade(req: IncomingMessage, socket: Duplex, error: AppError): void {
  const requestId = requestIdOf(req);
  const body = JSON.stringify(errorBody(error, requestId));
  const head = [
    `HTTP/1.1 ${errorEntry(error.code).status} ${error.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(error.retryAfterSeconds ? [`retry-after: ${error.retryAfterSeconds}`] : []),
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
