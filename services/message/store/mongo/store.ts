import type { Logger } from "#common/log.ts";
import { AppError } from "#contract/errors.ts";
import { createGather } from "../gather.ts";
import { createGroupCommit } from "../group-commit.ts";
import { isId } from "../ids.ts";
import { type Pending, toPending } from "../pending.ts";
import type { Appended, MembershipChange, MessageStore } from "../store.ts";
import { appendBatch } from "./append.ts";
import { connectMongo } from "./connection.ts";
import { guarded } from "./errors.ts";
import { changeMembers, type MemberChange, toMemberChange } from "./member-changes.ts";
import {
  listChanges,
  listMembers,
  listMembersAmong,
  listMembershipChanges,
  readLastNumbers,
} from "./memberships.ts";
import { listMessages } from "./messages.ts";
import { migrate } from "./migrations.ts";
import { createMutexes } from "./mutexes.ts";
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
/** Bytes of a change of members, about. */
const changeSize = 300;

/**
 * Opens the store on MongoDB, or on what speaks its protocol: it needs unique and partial
 * indexes, and neither transactions nor change streams. Indexes are there when it answers.
 * @param onConflict hears of batches whose numbers another store had taken
 * @throws Error where the server can't be reached
 */
export async function openMongoStore(
  uri: string,
  log: Logger,
  onConflict: () => void = () => {},
): Promise<MessageStore> {
  const connection = await connectMongo(uri, log);
  const { db } = connection;
  try {
    await ensureGeneral(db);
    await migrate(db);
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
  const rivals = createRivals(db, onConflict);
  const appends = createGroupCommit<Pending, Appended>({
    lanes,
    patienceMs: 0,
    isMixed: false,
    keyOf: (message) => message.roomId,
    sizeOf: (message) => message.content.length * 2 + 500,
    write: (batch) => appendBatch(db, rivals, batch),
  });
  const users = createMutexes();
  const changes = createGroupCommit<MemberChange, MembershipChange | undefined>({
    lanes,
    patienceMs: 0,
    isMixed: false,
    keyOf: ({ roomId }) => roomId,
    sizeOf: () => changeSize,
    write: (batch) => changeMembers(db, users, batch),
  });
  const views = createGather({
    keyOf: ({ roomId }: { roomId: string; userId: string }) => roomId,
    ask: (asked) =>
      findRoom(
        db,
        asked[0]?.roomId ?? "",
        asked.map((it) => it.userId),
      ),
  });

  return {
    append: (message) =>
      isId(message.roomId)
        ? guarded(() => appends.add(toPending(message)))
        : Promise.reject(new AppError("ROOM_NOT_FOUND")),
    listMessages: async (roomId, from, to) =>
      isId(roomId) && from <= to ? guarded(() => listMessages(db, roomId, from, to)) : [],
    createRoom: (room) => insertRoom(db, users, room),
    async findRoom(roomId, userId) {
      const view = isId(roomId) ? await guarded(() => views({ roomId, userId })) : undefined;
      return view && { room: view.room, isMember: view.members.has(userId) };
    },
    listRoomsOf: (userId) => guarded(() => listRoomsOf(db, userId)),
    listPublicRooms: (slice) => guarded(() => listPublicRooms(db, slice)),
    listMembers: async (roomId, slice) =>
      isId(roomId) ? guarded(() => listMembers(db, roomId, slice)) : { members: [], total: 0 },
    async addMember(roomId, userId, byUserId) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      return guarded(() => changes.add(toMemberChange(roomId, userId, true, byUserId)));
    },
    removeMember: async (roomId, userId) =>
      isId(roomId) ? guarded(() => changes.add(toMemberChange(roomId, userId, false))) : undefined,
    listMembershipChanges: (userId, from, to) =>
      guarded(() => listMembershipChanges(db, userId, from, to)),
    membershipPositions: (userIds) => guarded(() => readLastNumbers(db, userIds)),
    membersAmong: async (roomId, userIds) =>
      isId(roomId) ? guarded(() => listMembersAmong(db, roomId, userIds)) : new Set(),
    membershipChanges: (userIds, when) => guarded(() => listChanges(db, userIds, when)),
    positions: (roomIds) => guarded(() => listPositions(db, roomIds.filter(isId))),
    ping: () => connection.ping(),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
