import type { IncomingMessage, ServerResponse } from "node:http";
import { type AppError, errorEntry, type Fault } from "#contract/errors.ts";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { requestIdFrom, requestIdHeader } from "#rpc";

/** Headers of an answer: name, value, name, value. So they are written at once, as they are. */
export type Head = readonly string[];

/** The one shape of an error over HTTP. */
export interface ErrorBody {
  success: false;
  statusCode: number;
  message: string;
  code: string;
  requestId: string;
  details?: Fault[];
}

const requestIds = new WeakMap<IncomingMessage, string>();

/** The client's own `X-Request-Id` if it has the form of one, or a new one. */
export function requestIdOf(req: IncomingMessage): string {
  let id = requestIds.get(req);
  if (id === undefined) {
    id = requestIdFrom(req.headers[requestIdHeader]);
    requestIds.set(req, id);
  }
  return id;
}

const fixedHead: Head = [
  ...["x-content-type-options", "nosniff"],
  ...["contract-version", CONTRACT_VERSION],
];

/** What every answer says. */
export function commonHead(req: IncomingMessage): Head {
  return [requestIdHeader, requestIdOf(req), ...fixedHead];
}

/** For an answer whose head something else writes. */
export function setHead(res: ServerResponse, head: Head): void {
  for (let i = 0; i + 1 < head.length; i += 2) res.appendHeader(head[i] ?? "", head[i + 1] ?? "");
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { status, message } = errorEntry(error.code);
  return {
    success: false,
    statusCode: status,
    message,
    code: error.code,
    requestId,
    ...(error.faults.length > 0 && { details: error.faults }),
  };
}

/** Answers an error, with `Retry-After` where trying again makes sense. */
export function sendError(res: ServerResponse, error: AppError, head: Head): void {
  const body = errorBody(error, requestIdOf(res.req));
  const retry = error.retryAfterSeconds ? ["retry-after", String(error.retryAfterSeconds)] : [];
  sendJson(res, body.statusCode, body, [...head, ...retry]);
}

/** @param head besides what was set before */
export function sendJson(res: ServerResponse, status: number, body: object, head: Head): void {
  sendJsonBytes(res, status, Buffer.from(JSON.stringify(body)), head);
}

export function sendJsonBytes(
  res: ServerResponse,
  status: number,
  body: Uint8Array,
  head: Head,
): void {
  res.writeHead(status, [
    ...head,
    "content-type",
    "application/json; charset=utf-8",
    "content-length",
    String(body.length),
  ]);
  res.end(res.req.method === "HEAD" ? undefined : body);
}
