import type { Logger } from "#common/log.ts";
import { migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { makeIndexes } from "#common/postgres-indexes.ts";
import { createStore } from "../create-store.ts";
import type { MessageStore } from "../store.ts";
import { appendBatch } from "./append.ts";
import { block, listBlocks, unblock } from "./blocks.ts";
import { changeMessages } from "./changes.ts";
import { directRoomsOf, hideRoom, openDirectRoom } from "./direct-rooms.ts";
import { toStoreError } from "./errors.ts";
import { changeMembers } from "./member-changes.ts";
import { listMembers, listMembershipChanges, listMembershipPositions } from "./members.ts";
import { listMentions, membersSince, mentionPosition, readMentionLog } from "./mentions.ts";
import { listPages, listRanges } from "./messages.ts";
import { indexes, migrations, schema } from "./migrations.ts";
import { listMissed } from "./missed.ts";
import { putPresences, readPresences, renewPresences } from "./presences.ts";
import {
  listReadMarks,
  listReadPositions,
  listReads,
  listRoomStates,
  markRead,
  setNotify,
} from "./reads.ts";
import { listRelationStates, listSharing } from "./relations.ts";
import { listChanges, listPins, listReactors } from "./revisions.ts";
import { findRooms, insertRoom, listPositions, listPublicRooms, listRoomsOf } from "./rooms.ts";
import type { Database } from "./schema.ts";
import { search } from "./search.ts";
import { createSearchIndex } from "./search-index.ts";
import { listReplies } from "./threads.ts";

/** Writing takes two thirds of the pool at most, so that reads never wait for it. */
const poolSize = 12;
/**
 * One large batch at a time costs half of what several small ones do, and so is faster. Only
 * where one is slow, waiting for the lock of a room say, others start beside it.
 */
const batching = {
  messages: { lanes: 4, laneDelayMs: 10, isMixed: true },
  changes: { lanes: 4, laneDelayMs: 10, isMixed: true },
  members: { lanes: 4, laneDelayMs: 50, isMixed: true },
  marks: { lanes: 2, laneDelayMs: 50, isMixed: true },
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
  /** Statements that are written in SQL name tables and columns in full themselves. */
  const written = db.withoutPlugins();
  try {
    await migrate(postgres, schema, migrations);
    await makeIndexes(pool, url, indexes);
  } catch (error) {
    await postgres[Symbol.asyncDispose]();
    throw error;
  }
  const searchIndex = createSearchIndex(written);
  return createStore({
    batching,
    append: (batch) =>
      // Also where it failed: what an attempt has stored isn't known then.
      appendBatch(written, batch, onConflict).finally(() =>
        searchIndex.stored(batch.map(({ roomId }) => roomId)),
      ),
    changeMessages: (batch) => changeMessages(written, batch, onConflict),
    listChanges: (asked) => listChanges(written, asked),
    listMissed: (asked) => listMissed(written, asked),
    listReplies: (...asked) => listReplies(written, ...asked),
    listReactors: (...asked) => listReactors(written, ...asked),
    listPins: (roomId) => listPins(written, roomId),
    search: (query) => search(written, query),
    makeSearchable: searchIndex.advance,
    listMentions: (query) => listMentions(written, query),
    readMentionLog: (...range) => readMentionLog(written, ...range),
    mentionPosition: () => mentionPosition(written),
    membersSince: (...asked) => membersSince(written, ...asked),
    listRanges: (ranges) => listRanges(written, ranges),
    listPages: (asked) => listPages(written, asked),
    createRoom: (room) => insertRoom(db, room),
    openDirectRoom: (...asked) => openDirectRoom(db, ...asked),
    directRoomsOf: (userIds) => directRoomsOf(written, userIds),
    hideRoom: (...asked) => hideRoom(written, ...asked),
    findRooms: (asked) => findRooms(written, asked),
    listRoomsOf: (userIds) => listRoomsOf(written, userIds),
    listPublicRooms: (...asked) => listPublicRooms(written, ...asked),
    changeMembers: (batch) => changeMembers(db, batch),
    markRead: (batch) => markRead(written, batch),
    listReads: (...asked) => listReads(written, ...asked),
    setNotify: (...asked) => setNotify(written, ...asked),
    listReadMarks: (asked) => listReadMarks(written, asked),
    readPositions: (userIds) => listReadPositions(written, userIds),
    listRoomStates: (roomIds) => listRoomStates(written, roomIds),
    listMembers: (asked) => listMembers(written, asked),
    listMembershipChanges: (asked) => listMembershipChanges(written, asked),
    membershipPositions: (userIds) => listMembershipPositions(written, userIds),
    positions: (roomIds) => listPositions(written, roomIds),
    block: (...asked) => block(written, ...asked),
    unblock: (...asked) => unblock(written, ...asked),
    listBlocks: (userIds) => listBlocks(written, userIds),
    renewPresences: (...lease) => renewPresences(written, ...lease),
    putPresences: (...said) => putPresences(written, ...said),
    readPresences: (...asked) => readPresences(written, ...asked),
    relationStates: (userIds) => listRelationStates(written, userIds),
    listSharing: (asked) => listSharing(written, asked),
    toStoreError,
    ping: postgres.ping,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  });
}
