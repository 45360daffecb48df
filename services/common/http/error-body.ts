import type { ServerResponse } from "node:http";
import { type AppError, errorEntry, type Fault } from "#contract/errors.ts";

/** The one shape of an error over HTTP. */
export interface ErrorBody {
  success: false;
  statusCode: number;
  message: string;
  code: string;
  requestId: string;
  details?: Fault[];
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
export function sendError(res: ServerResponse, error: AppError, requestId: string): void {
  const body = errorBody(error, requestId);
  if (error.retryAfterSeconds) res.setHeader("retry-after", String(error.retryAfterSeconds));
  sendJson(res, body.statusCode, body);
}

export function sendJson(res: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body));
  res.statusCode = status;
  res.setHeader("content-type", "application/json; charset=utf-8");
  res.setHeader("content-length", text.length);
  res.end(res.req.method === "HEAD" ? undefined : text);
}
