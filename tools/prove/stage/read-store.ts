import { setTimeout as pause } from "node:timers/promises";
import type { ApiUser } from "#tools/rig/api.ts";
import type { StoredMessage, StoredRoom } from "../check/run-log.ts";

interface PageMessage {
  seq: number;
  id: string;
  clientMessageId: string | null;
  content: string;
  createdAt: string;
}

const pageSize = 100;
const attempts = 5;

/** Reads rooms whole, page by page, as the store has them. @throws Error */
export async function readStore(user: ApiUser, roomIds: readonly string[]): Promise<StoredRoom[]> {
  const rooms: StoredRoom[] = [];
  for (const roomId of roomIds) {
    const messages: StoredMessage[] = [];
    for (;;) {
      const page = await readPage(user, roomId, messages.at(-1)?.seq ?? 0);
      messages.push(...page.map((it) => ({ ...it, createdAt: Date.parse(it.createdAt) })));
      if (page.length === 0) break;
    }
    rooms.push({ roomId, messages });
  }
  return rooms;
}

async function readPage(user: ApiUser, roomId: string, after: number): Promise<PageMessage[]> {
  for (let attempt = 1; ; attempt++) {
    const path = `/api/rooms/${roomId}/messages?after=${after}&limit=${pageSize}`;
    const { status, body } = await user.get(path);
    if (status === 200 && isPage(body)) return body.messages;
    if (attempt === attempts) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    await pause(200);
  }
}

/** The contract's tests look at each field; here the outer shape is enough. */
function isPage(body: Record<string, unknown>): body is { messages: PageMessage[] } {
  return Array.isArray(body.messages);
}
