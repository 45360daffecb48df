import type { Logger } from "#common/log.ts";
import { createStore } from "../create-store.ts";
import type { MessageStore } from "../store.ts";
import { connectMongo } from "./connection.ts";
import { toStoreError } from "./errors.ts";
import { createLeases } from "./leases.ts";
import { changeMembers } from "./member-changes.ts";
import { listMembers, listMembershipChanges, listMembershipPositions } from "./members.ts";
import { appendBatch, listMessages } from "./messages.ts";
import { migrate } from "./migrations.ts";
import { findRoom, insertRoom, listPositions, listPublicRooms, listRoomsOf } from "./rooms.ts";
import { createMutexes } from "./writes.ts";

/** Rooms that are written at once, each by itself. */
const batching = { lanes: 32, laneDelayMs: 0, isMixed: false };

/**
 * Opens the store on MongoDB, or on what speaks its protocol: it needs unique and partial
 * indexes, and neither transactions nor change streams. Indexes are there when it answers.
 * @param onConflict is called for batches whose numbers another store had taken
 * @throws Error where the server can't be reached
 */
export async function openMongoStore(
  uri: string,
  log: Logger,
  onConflict: () => void = () => undefined,
): Promise<MessageStore> {
  const connection = await connectMongo(uri, log);
  const { db } = connection;
  try {
    await migrate(db);
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
  const leases = createLeases(db, onConflict);
  const users = createMutexes();
  return createStore({
    batching: { messages: batching, changes: batching },
    append: (batch) => appendBatch(db, leases, batch),
    listMessages: (roomId, from, to) => listMessages(db, roomId, from, to),
    createRoom: (room) => insertRoom(db, users, room),
    findRoom: (roomId, userIds) => findRoom(db, roomId, userIds),
    listRoomsOf: (userId) => listRoomsOf(db, userId),
    listPublicRooms: (slice) => listPublicRooms(db, slice),
    changeMembers: (batch) => changeMembers(db, users, batch),
    listMembers: (roomId, slice) => listMembers(db, roomId, slice),
    listMembershipChanges: (userId, from, to) => listMembershipChanges(db, userId, from, to),
    membershipPositions: (userIds) => listMembershipPositions(db, userIds),
    positions: (roomIds) => listPositions(db, roomIds),
    toStoreError,
    ping: connection.ping,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  });
}
