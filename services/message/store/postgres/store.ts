import type { Logger } from "#common/log.ts";
import { migrate, openPostgres } from "#common/postgres.ts";
import { createStore } from "../create-store.ts";
import type { MessageStore } from "../store.ts";
import { toStoreError } from "./errors.ts";
import { changeMembers } from "./member-changes.ts";
import { listMembers, listMembershipChanges, listMembershipPositions } from "./members.ts";
import { appendBatch, listMessages } from "./messages.ts";
import { migrations, schema } from "./migrations.ts";
import { findRoom, insertRoom, listPositions, listPublicRooms, listRoomsOf } from "./rooms.ts";
import type { Database } from "./schema.ts";

/** Writing takes two thirds of the pool at most, so that reads never wait for it. */
const poolSize = 12;
/**
 * One large batch at a time costs half of what several small ones do, and so is faster. Only
 * where one is slow, waiting for the lock of a room say, others start beside it.
 */
const batching = {
  messages: { lanes: 4, laneDelayMs: 10, isMixed: true },
  changes: { lanes: 4, laneDelayMs: 50, isMixed: true },
};

/**
 * Opens the store on PostgreSQL and brings its schema up to date.
 * @param onConflict is called for batches that met another instance's
 * @throws Error where the server can't be reached
 */
export async function openPostgresStore(
  url: string,
  log: Logger,
  onConflict: () => void = () => undefined,
): Promise<MessageStore> {
  const postgres = openPostgres<Database>(schema, { url, log, size: poolSize });
  const { db, pool } = postgres;
  try {
    await migrate(postgres, schema, migrations);
  } catch (error) {
    await postgres[Symbol.asyncDispose]();
    throw error;
  }
  return createStore({
    batching,
    append: (batch) => appendBatch(pool, batch, onConflict),
    listMessages: (roomId, from, to) => listMessages(db, roomId, from, to),
    createRoom: (room) => insertRoom(db, room),
    findRoom: (roomId, userIds) => findRoom(db, roomId, userIds),
    listRoomsOf: (userId) => listRoomsOf(db, userId),
    listPublicRooms: (slice) => listPublicRooms(db, slice),
    changeMembers: (batch) => changeMembers(db, batch),
    listMembers: (roomId, slice) => listMembers(db, roomId, slice),
    listMembershipChanges: (userId, from, to) => listMembershipChanges(db, userId, from, to),
    membershipPositions: (userIds) => listMembershipPositions(pool, userIds),
    positions: (roomIds) => listPositions(db, roomIds),
    toStoreError,
    ping: postgres.ping,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  });
}
