import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "#common/errors.ts";
import { clientAddress } from "#common/http/client-address.ts";
import { errorBody, sendError } from "#common/http/error-body.ts";
import { requestIdOf } from "#common/http/request-id.ts";
import { clientAddressHeader, clientDeviceHeader } from "#common/rpc/caller.ts";
import type { ServiceTokens } from "#common/tokens/service-token.ts";

export interface SocketProxyOptions {
  /** Base URLs of the message instances. */
  targets: readonly string[];
  serviceTokens: ServiceTokens;
  trustedProxyHops: number;
}

/** Passes `/socket.io/` on to the message service. */
export interface SocketProxy {
  /** Whether a request is the proxy's to answer. */
  takes: (req: IncomingMessage) => boolean;
  handle: (req: IncomingMessage, res: ServerResponse) => void;
  upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Ends the connections that were upgraded; their clients come back by themselves. */
  close: () => void;
}

const answerLimitMs = 5_000;
const hopByHop = new Set(["connection", "keep-alive", "te", "trailer", "transfer-encoding"]);

export function createSocketProxy(options: SocketProxyOptions): SocketProxy {
  const upgraded = new Set<Duplex>();

  const open = async (req: IncomingMessage) => {
    const [target] = options.targets;
    if (!target) throw new Error("no message instance");
    return request(new URL(req.url ?? "/", target), {
      method: req.method,
      headers: await upstreamHeaders(req, options),
      timeout: answerLimitMs,
    });
  };

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const upstream = await open(req);
    const fail = (cause: unknown) => {
      upstream.destroy();
      if (res.headersSent) return res.destroy();
      return sendError(res, new AppError("UNAVAILABLE", { cause }), requestIdOf(req));
    };
    upstream.on("response", (answer) => {
      upstream.setTimeout(0);
      res.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.rawHeaders));
      answer.on("error", () => res.destroy());
      answer.pipe(res);
    });
    upstream.on("timeout", () => fail(new Error("no answer in time")));
    upstream.on("error", fail);
    res.on("close", () => upstream.destroy());
    req.on("error", () => upstream.destroy());
    req.pipe(upstream);
  };

  const upgrade = async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upstream = await open(req);
    const refuse = () => {
      upstream.destroy();
      const body = JSON.stringify(errorBody(new AppError("UNAVAILABLE"), requestIdOf(req)));
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    };
    socket.on("error", () => upstream.destroy());
    upstream.on("error", refuse);
    upstream.on("timeout", refuse);
    // The instance refuses the upgrade: its answer is passed on.
    upstream.on("response", (answer) => {
      const headers = [...withoutHopByHop(answer.rawHeaders), "connection", "close"];
      socket.write(responseHead(answer, headers));
      answer.pipe(socket);
    });
    upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
      upstream.off("error", refuse);
      upstream.off("timeout", refuse);
      upstreamSocket.setTimeout(0);
      upstreamSocket.setNoDelay(true);
      socket.write(responseHead(answer, answer.rawHeaders));
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      upgraded.add(socket);
      const end = () => {
        upgraded.delete(socket);
        socket.destroy();
        upstreamSocket.destroy();
      };
      for (const side of [socket, upstreamSocket]) side.on("close", end).on("error", end);
      socket.pipe(upstreamSocket).pipe(socket);
    });
    upstream.end();
  };

  return {
    takes: (req) => (req.url ?? "").startsWith("/socket.io/"),
    handle: (req, res) => void handle(req, res).catch(() => res.destroy()),
    upgrade: (req, socket, head) => void upgrade(req, socket, head).catch(() => socket.destroy()),
    close() {
      for (const socket of upgraded) socket.destroy();
    },
  };
}

/**
 * The client's headers without cookies, and without what only we may say: who the client
 * is, believed because of our service token.
 */
async function upstreamHeaders(
  req: IncomingMessage,
  options: SocketProxyOptions,
): Promise<Record<string, string | string[]>> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined && name !== "cookie" && name !== clientDeviceHeader)
      headers[name] = value;
  }
  headers[clientAddressHeader] = clientAddress(req, options.trustedProxyHops);
  headers.authorization = `Bearer ${await options.serviceTokens.issue("message")}`;
  return headers;
}

function withoutHopByHop(rawHeaders: string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    if (!hopByHop.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function responseHead(answer: IncomingMessage, headers: string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
