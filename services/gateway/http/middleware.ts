import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import corsMiddleware from "cors";
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import { commonHead, type Head, requestIdOf, sendError, setHead } from "#common/http/answer.ts";
import type { OriginRule } from "#common/http/origin.ts";
import { type Logger, trustedLines } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError, toAppError } from "#contract/errors.ts";

/** Says in the log and the metrics how each request went. */
export function observe(log: Logger, metrics: Metrics): RequestHandler {
  const duration = metrics.histogram("http_seconds", "Duration of HTTP requests", [
    "method",
    "route",
    "status",
  ]);
  const lines = trustedLines(log);
  return function observeRequest(req, res, next) {
    const startedAt = performance.now();
    // Not "finish", which never comes where the client leaves before its answer.
    res.once("close", () => {
      const ms = performance.now() - startedAt;
      const route = typeof res.locals.route === "string" ? res.locals.route : "-";
      const outcome = res.writableFinished ? { status: res.statusCode } : { aborted: true };
      const status = String(outcome.status ?? "aborted");
      duration.observe({ method: req.method, route, status }, ms / 1000);
      const requestId = requestIdOf(req);
      lines.info(
        { requestId, method: req.method, route, ...outcome, ms: Math.round(ms) },
        "request",
      );
    });
    next();
  };
}

/** What the answer to a request says besides its own: its id, security, CORS. */
export type HeadOf = (req: IncomingMessage) => Head;

/**
 * Helmet and cors are the lists that must be kept current. What they say depends on nothing but
 * the origin, so they are asked once for each that is let in; of these there are few.
 */
export function createHeads(isAllowed: OriginRule): HeadOf {
  const security = helmet({ crossOriginResourcePolicy: { policy: "cross-origin" } });
  // The common head has this one already.
  const secure = headersOf(security, undefined).filter(
    ([name]) => name !== "x-content-type-options",
  );
  const foreign: Head = secure.flat();
  const byOrigin = new Map<string | undefined, Head>();
  const headFor = (origin: string | undefined) => {
    const known = byOrigin.get(origin);
    if (known) return known;
    if (!isAllowed({ origin })) return foreign;
    const head = [...secure, ...headersOf(cors(isAllowed), origin)].flat();
    byOrigin.set(origin, head);
    return head;
  };
  return (req) => [...commonHead(req), ...headFor(req.headers.origin)];
}

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** The headers that a middleware sets for a page of this origin, or for no page. */
function headersOf(middleware: Middleware, origin: string | undefined): [string, string][] {
  const req = new IncomingMessage(new Socket());
  req.method = "GET";
  if (origin !== undefined) req.headers.origin = origin;
  const res = new ServerResponse(req);
  middleware(req, res, () => undefined);
  return Object.entries(res.getHeaders()).map(([name, value]) => [name, String(value)]);
}

/** For what something else answers than a route. */
export function setHeads(headOf: HeadOf): RequestHandler {
  return function setWholeHead(req, res, next) {
    setHead(res, headOf(req));
    next();
  };
}

/** Lets pages of allowed origins read answers (CORS), and answers their preflights. */
export function cors(isAllowed: OriginRule): Middleware {
  return corsMiddleware<IncomingMessage>((req, callback) => {
    callback(null, {
      origin: isAllowed({ origin: req.headers.origin }),
      credentials: true,
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
      allowedHeaders: [
        "content-type",
        "authorization",
        "x-request-id",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
      ],
      exposedHeaders: ["x-request-id", "retry-after", "contract-version"],
      maxAge: 600,
    });
  });
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Refuses what a page of a foreign origin sends (CSRF). */
export function guardOrigin(isAllowed: OriginRule): RequestHandler {
  return function checkOrigin(req, _res, next) {
    if (!safeMethods.has(req.method) && !isAllowed(req.headers)) {
      throw new AppError("ORIGIN_FORBIDDEN");
    }
    next();
  };
}

/** Answers what no route has taken. */
export const answerNotFound: RequestHandler = () => {
  throw new AppError("NOT_FOUND");
};

/** Answers 405 with what is allowed (RFC 9110, section 15.5.6). */
export function refuseMethod(verbs: string[]): RequestHandler {
  const allow = [...verbs, ...(verbs.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return function refuse(req, res) {
    res.setHeader("allow", allow);
    if (req.method !== "OPTIONS") throw new AppError("METHOD_NOT_ALLOWED");
    res.status(204).end();
  };
}

/** Turns what was thrown into the one error shape. */
export function answerErrors(log: Logger, headOf: HeadOf): ErrorRequestHandler {
  return function answerError(thrown: unknown, req: Request, res: Response, next: NextFunction) {
    const error = translate(thrown);
    const requestId = requestIdOf(req);
    if (error.code === "INTERNAL") log.error({ err: error.cause, requestId }, "a request failed");
    if (res.headersSent) return next(thrown);
    // What is left of a body that is too large isn't read.
    if (error.code === "PAYLOAD_TOO_LARGE") res.setHeader("connection", "close");
    sendError(res, error, headOf(req));
  };
}

/** Express and body-parser say with a `status` that the request itself is at fault. */
function translate(thrown: unknown): AppError {
  const status = thrown instanceof Error && "status" in thrown ? thrown.status : undefined;
  if (status === 413) return new AppError("PAYLOAD_TOO_LARGE");
  if (status === 415) return new AppError("UNSUPPORTED_MEDIA_TYPE");
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new AppError("VALIDATION_FAILED", {
      faults: [{ path: "", message: "the request is malformed" }],
    });
  }
  return toAppError(thrown);
}
