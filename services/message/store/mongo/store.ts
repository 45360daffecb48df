import type { Logger } from "#common/log.ts";
import { createStore } from "../create-store.ts";
import type { MessageStore } from "../store.ts";
import { block, listBlocks, unblock } from "./blocks.ts";
import { changeMessages } from "./changes.ts";
import { connectMongo } from "./connection.ts";
import { directRoomsOf, hideRoom, openDirectRoom } from "./direct-rooms.ts";
import { toStoreError } from "./errors.ts";
import { createLeases } from "./leases.ts";
import { changeMembers } from "./member-changes.ts";
import { listMembers, listMembershipChanges, listMembershipPositions } from "./members.ts";
import { listMentions, membersSince, mentionPosition, readMentionLog } from "./mentions.ts";
import { appendBatch, listPages, listRanges } from "./messages.ts";
import { migrate } from "./migrations.ts";
import { listMissed } from "./missed.ts";
import { putPresences, readPresences, renewPresences } from "./presences.ts";
import { listReadMarks, listReadPositions, listReads, markRead, setNotify } from "./reads.ts";
import { listRelationStates, listSharing } from "./relations.ts";
import { listChanges, listPins, listReactors } from "./revisions.ts";
import {
  findRooms,
  insertRoom,
  listPositions,
  listPublicRooms,
  listRoomStates,
  listRoomsOf,
} from "./rooms.ts";
import { makeSearchable, search } from "./search.ts";
import { markSent } from "./sent-marks.ts";
import { listReplies } from "./threads.ts";
import { createMutexes } from "./writes.ts";

/** Rooms that are written at once, each by itself. */
const batching = { lanes: 32, laneDelayMs: 0, isMixed: false };
/** Each is written by itself all the same. */
const mixed = { lanes: 8, laneDelayMs: 0, isMixed: true };

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
    batching: { messages: batching, changes: batching, members: batching, marks: mixed },
    append: async (batch) => markSent(db, batch, await appendBatch(db, leases, users, batch)),
    changeMessages: (batch) => changeMessages(db, batch),
    listChanges: (asked) => Promise.all(asked.map((question) => listChanges(db, question))),
    listMissed: (asked) => listMissed(db, asked),
    listReplies: (...asked) => listReplies(db, ...asked),
    listReactors: (...asked) => listReactors(db, ...asked),
    listPins: (roomId) => listPins(db, roomId),
    search: (query) => search(db, query),
    makeSearchable: (where) => makeSearchable(db, where),
    listMentions: (query) => listMentions(db, query),
    readMentionLog: (...range) => readMentionLog(db, ...range),
    mentionPosition: () => mentionPosition(db),
    membersSince: (...asked) => membersSince(db, ...asked),
    listRanges: (ranges) => listRanges(db, ranges),
    listPages: (asked) => listPages(db, asked),
    createRoom: (room) => insertRoom(db, users, room),
    openDirectRoom: (...asked) => openDirectRoom(db, users, ...asked),
    directRoomsOf: (userIds) => directRoomsOf(db, userIds),
    hideRoom: (...asked) => hideRoom(db, users, ...asked),
    findRooms: (asked) => findRooms(db, asked),
    listRoomsOf: (userIds) => listRoomsOf(db, userIds),
    listPublicRooms: (...asked) => listPublicRooms(db, ...asked),
    changeMembers: (batch) => changeMembers(db, users, batch),
    markRead: (batch) => markRead(db, batch),
    listReads: (...asked) => listReads(db, ...asked),
    setNotify: (...asked) => setNotify(db, ...asked),
    listReadMarks: (asked) => listReadMarks(db, asked),
    readPositions: (userIds) => listReadPositions(db, userIds),
    listRoomStates: (roomIds) => listRoomStates(db, roomIds),
    listMembers: (asked) => listMembers(db, asked),
    listMembershipChanges: (asked) => listMembershipChanges(db, asked),
    membershipPositions: (userIds) => listMembershipPositions(db, userIds),
    positions: (roomIds) => listPositions(db, roomIds),
    block: (...asked) => block(db, ...asked),
    unblock: (...asked) => unblock(db, ...asked),
    listBlocks: (userIds) => listBlocks(db, userIds),
    renewPresences: (...lease) => renewPresences(db, ...lease),
    putPresences: (...said) => putPresences(db, ...said),
    readPresences: (...asked) => readPresences(db, ...asked),
    relationStates: (userIds) => listRelationStates(db, userIds),
    listSharing: (asked) => listSharing(db, asked),
    toStoreError,
    ping: connection.ping,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  });
}
