import { randomFillSync } from "node:crypto";

const chanceBytes = 8;
const chances = Buffer.alloc(chanceBytes * 256);
let used = chances.length;

/**
 * A new id of a room or message: 24 hex digits, four bytes of seconds and eight of chance,
 * which is fetched for many at once: for one it costs more than the rest of a send's checks.
 */
export function newId(): string {
  if (used === chances.length) {
    randomFillSync(chances);
    used = 0;
  }
  const chance = chances.toString("hex", used, used + chanceBytes);
  used += chanceBytes;
  return `${Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, "0")}${chance}`;
}

/** Whether a text can be the id of a room or message. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}
