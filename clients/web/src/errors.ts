import { ChatError } from "@aetherconnect/client";

/** What to say to people; the contract's own text where that says more. */
const texts: Record<string, string> = {
  UNREACHABLE: "The server can't be reached. Try again in a moment.",
  UNAVAILABLE: "The server is busy. Try again in a moment.",
  BUSY: "The server is busy. Try again in a moment.",
  RATE_LIMITED: "That was too often. Wait a moment.",
  INTERNAL: "Something went wrong on the server.",
  INVALID_CREDENTIALS: "The username, email or password is wrong.",
  USER_EXISTS: "This email or username is taken.",
  USER_NOT_FOUND: "Nobody has this username.",
  NOT_FOUND: "This server can't do that yet.",
  ROOM_NOT_FOUND: "This room isn't there, or isn't open to you.",
  NOT_IN_ROOM: "You aren't a member of this room.",
  MESSAGE_NOT_FOUND: "This message has been deleted.",
  FORBIDDEN: "You may not do that.",
  BLOCKED: "You can't write to this person.",
  LIMIT_REACHED: "There is no room for more.",
  PAYLOAD_TOO_LARGE: "That is too long.",
  VALIDATION_FAILED: "Something isn't filled in right.",
  PROFILE_UPDATE_FAILED: "Something isn't filled in right.",
};

export function textOf(error: unknown): string {
  if (!(error instanceof ChatError)) return "Something went wrong.";
  return texts[error.code] ?? error.message;
}

/** What is wrong with which field, as a form takes it. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ChatError)) return {};
  return Object.fromEntries((error.details ?? []).map(({ path, message }) => [path, message]));
}
