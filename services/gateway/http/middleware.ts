import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import corsMiddleware from "cors";
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import { sendError } from "#common/http/error-body.ts";
import { requestIdOf } from "#common/http/headers.ts";
import type { OriginRule } from "#common/http/origin.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError, toAppError } from "#contract/errors.ts";

/** Says in the log and the metrics how each request went. */
export function observe(log: Logger, metrics: Metrics): RequestHandler {
  const duration = metrics.histogram("http_seconds", "Duration of HTTP requests", [
    "method",
    "route",
    "status",
  ]);
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
      log.info({ requestId, method: req.method, route, ...outcome, ms: Math.round(ms) }, "request");
    });
    next();
  };
}

/**
 * The security headers. Helmet is the list that must be kept current; its headers don't
 * depend on the request, so they are computed once.
 */
export function secureHeaders(): RequestHandler {
  const probe = new ServerResponse(new IncomingMessage(new Socket()));
  helmet({ crossOriginResourcePolicy: { policy: "cross-origin" } })(
    new IncomingMessage(new Socket()),
    probe,
    () => undefined,
  );
  const headers = new Map(Object.entries(probe.getHeaders()).map(([k, v]) => [k, String(v)]));
  return function setSecureHeaders(_req, res, next) {
    res.setHeaders(headers);
    next();
  };
}

/** Lets pages of allowed origins read answers (CORS), and answers their preflights. */
export function cors(isAllowed: OriginRule): RequestHandler {
  return corsMiddleware<Request>((req, callback) => {
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
      exposedHeaders: ["x-request-id", "retry-after"],
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
export function answerErrors(log: Logger): ErrorRequestHandler {
  return function answerError(thrown: unknown, req: Request, res: Response, next: NextFunction) {
    const error = translate(thrown);
    const requestId = requestIdOf(req);
    if (error.code === "INTERNAL") log.error({ err: error.cause, requestId }, "a request failed");
    if (res.headersSent) return next(thrown);
    // What is left of a body that is too large isn't read.
    if (error.code === "PAYLOAD_TOO_LARGE") res.setHeader("connection", "close");
    sendError(res, error, requestId);
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
