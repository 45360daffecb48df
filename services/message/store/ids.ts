import { randomBytes } from "node:crypto";

/** A new id of a room or message: 24 hex digits, four bytes of seconds and eight of chance. */
export function newId(): string {
  const bytes = randomBytes(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  return bytes.toString("hex");
}

/** Whether a text can be the id of a room or message. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}
