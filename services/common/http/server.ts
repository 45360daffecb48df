import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { AppError, errorEntry, toAppError } from "#contract/errors.ts";
import { requestIdFrom, withRequestId } from "#rpc";
import { budgets } from "../budgets.ts";
import { listen } from "../lifecycle.ts";
import type { Logger } from "../log.ts";
import { commonHead, errorBody, requestIdOf, sendError, setHead } from "./answer.ts";
import type { Operations } from "./operations.ts";

/** Where Socket.IO is served, by an instance itself or through the gateway. */
export const socketsPath = "/socket.io/";

export interface HttpServerOptions {
  port: number;
  host: string;
  /** The setting to name where the port is taken. */
  portSetting: string;
  /** Answers health and metrics. */
  operations: Operations;
  log: Logger;
  /**
   * Answers all that no other part takes, with the common head or more; what it throws is answered
   * as an error.
   */
  handle?: (req: IncomingMessage, res: ServerResponse) => unknown;
  /** Serves Socket.IO's path; what it throws is answered as an error. */
  sockets?: SocketsHandler;
  /** Names the errors of what the service stands on, such as a lost database. */
  translateError?: (thrown: unknown) => unknown;
}

export interface SocketsHandler {
  handle: (req: IncomingMessage, res: ServerResponse) => unknown;
  upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => unknown;
}

/** An HTTP port that listens. */
export interface HttpServer {
  port: number;
  /** Isn't ready any more, lets requests under way finish for `graceMs`, then ends them. */
  close: (graceMs: number) => Promise<void>;
}

/**
 * The HTTP port of a service. Time limits, request ids, errors and refusals are the same on all.
 * @throws StartError naming the setting where the port can't be had
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { operations, sockets } = options;
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    // Any other upgrade, such as `h2c`, is passed over, and the request answered.
    shouldUpgradeCallback: (req) =>
      sockets !== undefined && req.headers.upgrade?.toLowerCase() === "websocket",
    headersTimeout: budgets.http.headers,
    requestTimeout: budgets.http.request,
    connectionsCheckingInterval: budgets.http.check,
  });
  const answers: Answers = new WeakMap();
  server.on("request", answerRequests(options, answers));
  server.on("clientError", refuseUnreadable(answers));
  /** Node counts them among its connections no more, but its close waits for them. */
  const upgraded = new Set<Duplex>();
  if (sockets) {
    server.on("upgrade", (_req, socket) => {
      upgraded.add(socket);
      socket.once("close", () => upgraded.delete(socket));
    });
    server.on("upgrade", answerUpgrades(options, sockets));
  }
  const port = await listen(server, options.port, options.host, options.portSetting);
  return {
    port,
    close(graceMs) {
      operations.drain();
      return drain(server, upgraded, graceMs);
    },
  };
}

/** The last answer that was begun on a connection. */
type Answers = WeakMap<Duplex, ServerResponse>;

function answerRequests(options: HttpServerOptions, answers: Answers): RequestListener {
  const { operations, log, handle, sockets, translateError } = options;
  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    if (sockets && isSockets(req)) {
      setHead(res, commonHead(req));
      return await sockets.handle(req, res);
    }
    dropUnread(res);
    const answer = operations.answers.get(pathOf(req));
    if (answer) return await answer(req, res);
    if (!handle) throw new AppError("NOT_FOUND");
    await handle(req, res);
  };
  return (req, res) => {
    answers.set(req.socket, res);
    // After an upgrade that was passed over the parser doesn't read on.
    if (req.headers.upgrade) res.shouldKeepAlive = false;
    const fail = (thrown: unknown) => {
      const error = toAppError(translateError ? translateError(thrown) : thrown);
      if (error.code === "INTERNAL") log.error({ err: error.cause }, "a request failed");
      if (res.headersSent) return res.destroy();
      req.resume();
      sendError(res, error, commonHead(req));
    };
    withRequestId(requestIdOf(req), () => serve(req, res).catch(fail));
  };
}

/** By the code of Node's error; anything else is a bad request. */
const unreadable = new Map([
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", "413 Payload Too Large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

/** Refuses what can't be read as a request; Node's own answer would have no request id. */
function refuseUnreadable(answers: Answers) {
  return (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answer = answers.get(socket);
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    // Text in the middle of an answer would be taken for a part of it.
    if (socket.writable && !isAnswering) {
      const head = [
        `HTTP/1.1 ${unreadable.get(error.code ?? "") ?? "400 Bad Request"}`,
        `x-request-id: ${requestIdFrom(undefined)}`,
        "content-length: 0",
        "connection: close",
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
    }
    socket.destroy(error);
  };
}

function answerUpgrades({ log }: HttpServerOptions, sockets: SocketsHandler) {
  const serve = async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isSockets(req)) throw new AppError("NOT_FOUND");
    await sockets.upgrade(req, socket, head);
  };
  return (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node listens to it no more: a reset without a listener would end the process.
    socket.on("error", destroyIt);
    const fail = (thrown: unknown) => {
      const error = toAppError(thrown);
      if (error.code === "INTERNAL") log.error({ err: error.cause }, "a request failed");
      refuseUpgrade(req, socket, error);
    };
    withRequestId(requestIdOf(req), () => serve(req, socket, head).catch(fail));
  };
}

/** As a closure it would keep the request for as long as the connection lives. */
function destroyIt(this: Duplex): void {
  this.destroy();
}

function pathOf({ url = "" }: IncomingMessage): string {
  const at = url.indexOf("?");
  return at < 0 ? url : url.slice(0, at);
}

function isSockets({ url = "" }: IncomingMessage): boolean {
  return url.startsWith(socketsPath);
}

/** Cuts the connection of a client that doesn't read, so that its answer isn't kept for ever. */
function dropUnread(res: ServerResponse): void {
  res.setTimeout(budgets.http.unread, () => {
    if (res.socket && res.socket.writableLength > 0) res.socket.destroy();
  });
}

/**
 * For a socket to which nothing but an answer goes any more. Node neither reads it nor has a limit
 * for it: so its end is read here, and not waited for for ever.
 */
export function limitEnd(socket: Duplex): void {
  socket.resume();
  const limit = setTimeout(() => socket.destroy(), budgets.http.unread).unref();
  socket.once("close", () => clearTimeout(limit));
}

/** Answers a request for a WebSocket with an error: on its socket there is no `ServerResponse`. */
export function refuseUpgrade(req: IncomingMessage, socket: Duplex, error: AppError): void {
  if (!socket.writable) return void socket.destroy();
  limitEnd(socket);
  const requestId = requestIdOf(req);
  const body = JSON.stringify(errorBody(error, requestId));
  const head = [
    `HTTP/1.1 ${errorEntry(error.code).status} ${error.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "x-content-type-options: nosniff",
    ...(error.retryAfterSeconds ? [`retry-after: ${error.retryAfterSeconds}`] : []),
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

async function drain(server: Server, upgraded: Iterable<Duplex>, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A kept-alive connection that was busy until now is idle a moment later.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const hard = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  }, graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(hard);
}
