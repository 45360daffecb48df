import { setTimeout as pause } from "node:timers/promises";
import type { MessageOut, RoomOut, UserNameOut } from "#gen/socket-events.ts";
import type { ApiUser } from "#tools/rig/api.ts";
import { listedRoom } from "../check/listed-room.ts";
import type { StoredRoom, StoredUser } from "../check/run-log.ts";

const pageSize = 100;
const attempts = 5;

/**
 * Reads what the store has of users: their lists, and every room that one of them is in, whole.
 * @param opened direct rooms, which aren't in the list of who has left them, with their members
 */
export async function readStore(
  users: readonly ApiUser[],
  opened: ReadonlyMap<string, string>,
): Promise<{ rooms: StoredRoom[]; users: StoredUser[] }> {
  const rooms = new Map<string, StoredRoom>();
  const stored: StoredUser[] = [];
  for (const user of users) {
    const listed = (await read<{ rooms: RoomOut[] }>(user, "/api/rooms", "rooms")).rooms;
    const blocked = await read<{ users: UserNameOut[] }>(user, "/api/blocks", "users");
    stored.push({
      userId: user.id,
      rooms: listed.map(listedRoom),
      blocked: blocked.users.map(({ userId }) => userId),
    });
    const types = new Map(listed.map((it) => [it.id, it.roomType]));
    for (const [roomId, userId] of opened) if (userId === user.id) types.set(roomId, "direct");
    for (const [roomId, type] of types) {
      if (rooms.has(roomId)) continue;
      const messages = await readRoom(user, roomId);
      rooms.set(roomId, { roomId, isPublic: type === "public", messages });
    }
  }
  return { rooms: [...rooms.values()], users: stored };
}

async function readRoom(user: ApiUser, roomId: string): Promise<MessageOut[]> {
  const messages: MessageOut[] = [];
  for (;;) {
    const after = messages.at(-1)?.seq ?? 0;
    const path = `/api/rooms/${roomId}/messages?after=${after}&limit=${pageSize}`;
    const page = (await read<{ messages: MessageOut[] }>(user, path, "messages")).messages;
    if (page.length === 0) return messages;
    messages.push(...page);
  }
}

/** @param list the field by which an answer is known: the contract's tests look at the others */
async function read<T extends object>(user: ApiUser, path: string, list: keyof T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { status, body } = await user.get(path);
    if (status === 200 && hasList<T>(body, list)) return body;
    if (attempt === attempts) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    await pause(200);
  }
}

function hasList<T extends object>(body: object, list: keyof T): body is T {
  return list in body && Array.isArray(Object.getOwnPropertyDescriptor(body, list)?.value);
}
