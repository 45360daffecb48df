import { AppError } from "#common/errors.ts";
import type { Logger } from "#common/log.ts";
import { createGroupCommit } from "../group-commit.ts";
import { isId } from "../ids.ts";
import { type Pending, toPending } from "../pending.ts";
import type { Appended, MessageStore } from "../store.ts";
import { appendBatch } from "./append.ts";
import { connectMongo } from "./connection.ts";
import { guarded } from "./errors.ts";
import { createTurns } from "./in-turn.ts";
import { addMember, listMembers, listMembersAmong, removeMember } from "./memberships.ts";
import { listMessages } from "./messages.ts";
import { createRivals } from "./rivals.ts";
import {
  ensureGeneral,
  findRoom,
  insertRoom,
  listPositions,
  listPublicRooms,
  listRoomsOf,
} from "./rooms.ts";

/** Rooms that are written at once. */
const lanes = 32;

/**
 * Opens the store on MongoDB, or on what speaks its protocol: it needs unique and partial
 * indexes, and neither transactions nor change streams. Indexes are there when it answers.
 * @throws Error where the server can't be reached
 */
export async function openMongoStore(uri: string, log: Logger): Promise<MessageStore> {
  const connection = await connectMongo(uri, log);
  const { db } = connection;
  try {
    await ensureGeneral(db);
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
  const rivals = createRivals(db);
  const inTurn = createTurns();
  const appends = createGroupCommit<Pending, Appended>({
    lanes,
    patienceMs: 0,
    isMixed: false,
    keyOf: (message) => message.roomId,
    sizeOf: (message) => message.content.length * 2 + 500,
    write: (batch) => appendBatch(db, rivals, batch),
  });

  return {
    append: (message) =>
      isId(message.roomId)
        ? appends.add(toPending(message))
        : Promise.reject(new AppError("ROOM_NOT_FOUND")),
    listMessages: async (roomId, from, to) =>
      isId(roomId) && from <= to ? guarded(() => listMessages(db, roomId, from, to)) : [],
    createRoom: (room) => insertRoom(db, room),
    findRoom: async (roomId, userId) =>
      isId(roomId) ? guarded(() => findRoom(db, roomId, userId)) : undefined,
    listRoomsOf: (userId) => guarded(() => listRoomsOf(db, userId)),
    listPublicRooms: (slice) => guarded(() => listPublicRooms(db, slice)),
    listMembers: async (roomId, slice) =>
      isId(roomId) ? guarded(() => listMembers(db, roomId, slice)) : { members: [], total: 0 },
    async addMember(roomId, userId) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      return inTurn(roomId, () => addMember(db, roomId, userId));
    },
    removeMember: async (roomId, userId) =>
      isId(roomId) && inTurn(roomId, () => removeMember(db, roomId, userId)),
    membersAmong: async (roomId, userIds) =>
      isId(roomId) ? guarded(() => listMembersAmong(db, roomId, userIds)) : new Set(),
    positions: (roomIds) => guarded(() => listPositions(db, roomIds.filter(isId))),
    ping: () => connection.ping(),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
