import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { budgets } from "#common/budgets.ts";
import { requestIdOf, sendError } from "#common/http/answer.ts";
import { clientAddress } from "#common/http/client-address.ts";
import { instanceHeader } from "#common/http/headers.ts";
import { limitEnd, refuseUpgrade, type SocketsHandler } from "#common/http/server.ts";
import { clientAddressHeader, clientDeviceHeader } from "#common/rpc/caller.ts";
import type { ServiceTokens } from "#common/tokens/service-token.ts";
import { AppError } from "#contract/errors.ts";
import { createInstances, type Instances, sessionIdOf } from "./instances.ts";

export interface SocketProxyOptions {
  /** Base URLs of the message instances. */
  targets: readonly string[];
  serviceTokens: ServiceTokens;
  trustedProxyHops: number;
}

/** Passes `/socket.io/` on to the message service. */
export interface SocketProxy extends SocketsHandler, Pick<Instances, "reach"> {
  /** Ends the connections that were upgraded; their clients come back by themselves. */
  close: () => void;
}

interface UpstreamHooks {
  /** A request whose head is on its way to an instance; called again if that one isn't there. */
  onOpen: (upstream: ClientRequest) => void;
  /** No instance is left to try, or the connection broke. */
  onLost: (error: Error) => void;
}

const hopByHop = new Set(["connection", "keep-alive", "te", "trailer", "transfer-encoding"]);
/** What ends here, and what Node would act upon instead of passing it on. */
const notPassedOn = new Set([
  "cookie",
  clientDeviceHeader,
  "keep-alive",
  "te",
  "trailer",
  "expect",
]);

export function createSocketProxy(options: SocketProxyOptions): SocketProxy {
  const upgraded = new Set<Duplex>();
  let isClosed = false;
  const instances = createInstances(options.targets);

  /** Sends a request's head to an instance; one that isn't there is passed over. */
  const open = async (req: IncomingMessage, hooks: UpstreamHooks) => {
    const headers = await upstreamHeaders(req, options);
    const rest = instances.candidates(req);
    const send = () => {
      const index = rest.shift() ?? 0;
      const request = instances.senders[index];
      if (!request) return hooks.onLost(new Error("no message instance"));
      // The path as it came: resolved as a URL, "/socket.io/../metrics" would leave Socket.IO's.
      const upstream = request({
        path: req.url ?? "/",
        method: req.method,
        headers: { ...headers, [instanceHeader]: String(index) },
      });
      limitWait(req, upstream);
      upstream.on("error", (error) => {
        const isAbsent = "code" in error && error.code === "ECONNREFUSED";
        if (isAbsent && rest.length > 0) attempt();
        else hooks.onLost(error);
      });
      hooks.onOpen(upstream);
    };
    // Of what Node won't send it says so by throwing, also out of the event of an instance that
    // isn't there.
    const attempt = () => {
      try {
        send();
      } catch (cause) {
        hooks.onLost(new Error("this request can't be passed on", { cause }));
      }
    };
    attempt();
  };

  const handle = (req: IncomingMessage, res: ServerResponse) =>
    open(req, {
      onOpen(upstream) {
        upstream.on("response", (answer) => {
          upstream.setTimeout(0);
          res.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.rawHeaders));
          answer.on("error", () => res.destroy());
          answer.pipe(res);
        });
        res.on("close", () => upstream.destroy());
        req.on("error", () => upstream.destroy());
        // Only a request without a body can be sent again: the first of a session is one.
        if (hasBody(req)) req.pipe(upstream);
        else upstream.end();
      },
      onLost(cause) {
        if (res.headersSent) res.destroy();
        else sendError(res, new AppError("UNAVAILABLE", { cause }), []);
      },
    });

  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    open(req, {
      onOpen(upstream) {
        socket.on("error", () => upstream.destroy());
        // The instance refuses the upgrade: its answer is passed on.
        upstream.on("response", (answer) => {
          limitEnd(socket);
          const headers = [...withoutHopByHop(answer.rawHeaders), "connection", "close"];
          socket.write(responseHead(answer, headers));
          answer.pipe(socket);
        });
        upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
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
          // It was still being upgraded when all others were ended.
          if (isClosed) return end();
          socket.pipe(upstreamSocket).pipe(socket);
        });
        upstream.end();
      },
      onLost() {
        if (upgraded.has(socket) || !socket.writable) return;
        refuseUpgrade(req, socket, new AppError("UNAVAILABLE"));
      },
    });

  return {
    handle,
    upgrade,
    reach: instances.reach,
    close() {
      isClosed = true;
      for (const socket of upgraded) socket.destroy();
    },
  };
}

/** Limits the wait for the instance; the client has a limit of its own to send its request in. */
function limitWait(req: IncomingMessage, upstream: ClientRequest): void {
  const limitMs = isPoll(req) ? budgets.http.proxiedPoll : budgets.answer.proxiedHandshake;
  upstream.setTimeout(limitMs);
  upstream.on("timeout", () => {
    const isSending = hasBody(req) && !req.readableEnded && !upstream.writableNeedDrain;
    if (isSending) upstream.setTimeout(limitMs);
    else upstream.destroy(new Error("no answer in time"));
  });
}

/** Those without one are sent without waiting for its end. */
function hasBody(req: IncomingMessage): boolean {
  return req.method !== "GET" && req.headers.upgrade === undefined;
}

function isPoll(req: IncomingMessage): boolean {
  return req.method === "GET" && req.headers.upgrade === undefined && sessionIdOf(req) !== null;
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
    if (value !== undefined && !notPassedOn.has(name)) headers[name] = value;
  }
  // These are sent without a body: a length of one would take what the next request on the
  // connection, another client's, begins with.
  if (!hasBody(req)) {
    delete headers["content-length"];
    delete headers["transfer-encoding"];
  }
  headers["x-request-id"] = requestIdOf(req);
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
