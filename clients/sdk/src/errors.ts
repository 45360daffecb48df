import { type ErrorCode, passingCodes } from "./gen/contract.ts";

/** What fails on this side, beside the contract's codes. */
export type LocalErrorCode =
  /** No answer came: no network, or no server. */
  | "UNREACHABLE"
  /** What answered isn't the server, or one of another contract. */
  | "UNEXPECTED_ANSWER"
  /** It needs a user, and nobody is signed in. */
  | "SIGNED_OUT"
  /** What waited was given up by `discard`. */
  | "DISCARDED"
  /** The client is closed; what waits stays stored. */
  | "CLOSED";

/** A code of the contract or of this package; a newer server may have more. */
export type ChatErrorCode = ErrorCode | LocalErrorCode | (string & Record<never, never>);

export interface ChatErrorInfo {
  code: ChatErrorCode;
  /** In English, for people. */
  message: string;
  /** Of a failed validation: each broken rule. */
  details?: { path: string; message: string }[] | undefined;
  /** The HTTP status, where there was one. */
  status?: number | undefined;
  /** Finds the request in the server's log. */
  requestId?: string | undefined;
  /** In how many seconds it makes sense to try again. */
  retryAfterSeconds?: number | undefined;
}

/** The one error that everything here throws. */
export class ChatError extends Error implements ChatErrorInfo {
  override name = "ChatError";
  declare readonly code: ChatErrorCode;
  declare readonly details: ChatErrorInfo["details"];
  declare readonly status: ChatErrorInfo["status"];
  declare readonly requestId: ChatErrorInfo["requestId"];
  declare readonly retryAfterSeconds: ChatErrorInfo["retryAfterSeconds"];

  constructor(info: ChatErrorInfo, cause?: unknown) {
    super(info.message, { cause });
    Object.assign(this, info);
  }

  /** Whether the same may succeed later. */
  get isPassing(): boolean {
    return passing.includes(this.code);
  }
}

const passing: readonly string[] = [...passingCodes, "UNREACHABLE", "UNEXPECTED_ANSWER"];

export function unreachable(cause?: unknown, url = "The server"): ChatError {
  return new ChatError({ code: "UNREACHABLE", message: `${url} can't be reached` }, cause);
}

export function signedOut(cause?: unknown): ChatError {
  return new ChatError({ code: "SIGNED_OUT", message: "Signed out" }, cause);
}

export function closed(): ChatError {
  return new ChatError({ code: "CLOSED", message: "Closed" });
}

export function toChatError(thrown: unknown): ChatError {
  return thrown instanceof ChatError ? thrown : unreachable(thrown);
}
