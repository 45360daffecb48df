import { randomBytes } from "node:crypto";
import { AppError } from "#contract/errors.ts";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore, NewMessage } from "#message/store/store.ts";

export const newUser = () => String(randomBytes(4).readUInt32BE());

/** The code of a call's failure, or "OK". */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "OK",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

/** A room with these members; the first is the creator. */
export async function makeRoom(
  store: MessageStore,
  users: string[],
  roomType: RoomType = RoomType.PUBLIC,
): Promise<Room> {
  const [createdBy = newUser(), ...rest] = users;
  const { room } = await store.createRoom({
    name: "r",
    description: undefined,
    roomType,
    createdBy,
  });
  for (const user of rest) await store.addMember(room.id, user);
  return room;
}

/** Repeats a call that may be repeated while the store is too busy for it. */
export async function retryWhileBusy<T>(call: () => Promise<T>): Promise<T> {
  for (let left = 10; ; left--) {
    try {
      return await call();
    } catch (error) {
      if (left === 0 || !(error instanceof AppError) || error.code !== "UNAVAILABLE") throw error;
    }
  }
}

/** Runs for all, so many at once: a call gives up after a while, and a store may be slow. */
export async function inGroups<T, R>(
  items: readonly T[],
  run: (item: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += groupSize) {
    const group = items.slice(i, i + groupSize);
    results.push(...(await Promise.all(group.map((item, k) => run(item, i + k)))));
  }
  return results;
}

const groupSize = 12;

export const draft = (
  room: Pick<Room, "id">,
  userId: string,
  more: Partial<NewMessage> = {},
): NewMessage => ({
  roomId: room.id,
  userId,
  username: "Ada Lovelace",
  content: "hello",
  messageType: MessageType.TEXT,
  metadata: undefined,
  clientMessageId: undefined,
  replyTo: undefined,
  mentions: [],
  mentionsRoom: undefined,
  ...more,
});
