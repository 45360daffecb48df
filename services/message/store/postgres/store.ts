import type { Logger } from "#common/log.ts";
import { migrate, openPostgres } from "#common/postgres.ts";
import { createGather } from "../gather.ts";
import { createGroupCommit } from "../group-commit.ts";
import { isId } from "../ids.ts";
import { type Pending, toPending } from "../pending.ts";
import type { Appended, MessageStore } from "../store.ts";
import { appendBatch } from "./append.ts";
import { guarded } from "./errors.ts";
import { createMemberChanges, listChanges, type MemberKey } from "./member-changes.ts";
import {
  listMembers,
  listMembersAmong,
  listMembershipChanges,
  listMembershipPositions,
} from "./memberships.ts";
import { migrations, schema } from "./migrations.ts";
import { findRoom, insertRoom, listPositions, listPublicRooms, listRoomsOf } from "./rooms.ts";
import { rowToMessage } from "./rows.ts";
import type { Database } from "./tables.ts";

const poolSize = 12;
/** Writing takes a third of the pool at most, so that reads never wait for it. */
const lanes = 4;
/**
 * One large batch at a time costs half of what several small ones do, and so is faster. Only
 * if it takes this long others start beside it.
 */
const patienceMs = 10;

/**
 * Opens the store on PostgreSQL and brings its schema up to date.
 * @param onConflict hears of batches that met another instance's
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
  const appends = createGroupCommit<Pending, Appended>({
    lanes,
    patienceMs,
    isMixed: true,
    keyOf: (message) => message.roomId,
    sizeOf: (message) => message.content.length * 2 + 500,
    write: (batch) => appendBatch(pool, batch, onConflict),
  });
  const members = createMemberChanges(db);
  const views = createGather({
    keyOf: ({ roomId }: MemberKey) => roomId,
    ask: (asked) =>
      findRoom(
        db,
        asked[0]?.roomId ?? "",
        asked.map((it) => it.userId),
      ),
  });

  return {
    append: (message) => guarded(() => appends.add(toPending(message))),
    async listMessages(roomId, from, to) {
      if (!isId(roomId) || to < from) return [];
      const rows = await guarded(() =>
        db
          .selectFrom("messages")
          .select(["id", "roomId", "seq", "userId", "username", "content", "messageType"])
          .select(["metadata", "sendKey", "createdAt", "updatedAt"])
          .where("roomId", "=", roomId)
          .where("seq", ">=", from)
          .where("seq", "<=", to)
          .orderBy("seq")
          .execute(),
      );
      return rows.map(rowToMessage);
    },
    createRoom: (room) => guarded(() => insertRoom(db, room)),
    async findRoom(roomId, userId) {
      const view = isId(roomId) ? await guarded(() => views({ roomId, userId })) : undefined;
      return view && { room: view.room, isMember: view.members.has(userId) };
    },
    listRoomsOf: (userId) => guarded(() => listRoomsOf(db, userId)),
    listPublicRooms: (slice) => guarded(() => listPublicRooms(db, slice)),
    listMembers: (roomId, slice) => guarded(() => listMembers(db, roomId, slice)),
    addMember: (roomId, userId, byUserId) =>
      guarded(() => members.add({ roomId, userId, byUserId })),
    removeMember: (roomId, userId) => guarded(() => members.remove({ roomId, userId })),
    membersAmong: (roomId, userIds) => guarded(() => listMembersAmong(db, roomId, userIds)),
    membershipChanges: (userIds, when) => guarded(() => listChanges(db, userIds, when)),
    listMembershipChanges: (userId, from, to) =>
      guarded(() => listMembershipChanges(db, userId, from, to)),
    membershipPositions: (userIds) => guarded(() => listMembershipPositions(db, userIds)),
    positions: (roomIds) => guarded(() => listPositions(db, roomIds)),
    ping: () => postgres.ping(),
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  };
}
