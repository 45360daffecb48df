import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { createGather } from "#common/gather.ts";
import { AppError, limitReached } from "#contract/errors.ts";
import {
  type AppendResult,
  type MarkResult,
  type PendingChange,
  type PendingMessage,
  rejected,
  type StoreDriver,
} from "./driver.ts";
import { createGroupCommit } from "./group-commit.ts";
import { isId, newId } from "./ids.ts";
import type {
  Appended,
  Changed,
  MembershipChange,
  MessageStore,
  NewChange,
  NewMark,
  NewMessage,
  ReadMark,
} from "./store.ts";

/** Bytes that a message takes beside its content, and a change of members, about. */
const size = { message: 500, change: 300, mark: 100 };
/** No room comes so far; greater numbers are more than a database takes. */
const maxNumber = 0x7fff_ffff;

/**
 * How many questions one statement answers: few where an answer may be large, so that one
 * doesn't wait for many.
 */
const most = { rooms: 100, lists: 16 };
/** Whom a user may block: the list of them is one answer. */
const mostBlocks = 1_000;

/** Makes a store of a database: what holds for every database is written here. */
export function createStore(driver: StoreDriver): MessageStore {
  /** Every call ends in time, and fails with what its caller knows. */
  const call = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await withDeadline(work, budgets.database.storeCall);
    } catch (error) {
      throw driver.toStoreError(error);
    }
  };
  const isFaultOfItem = (error: unknown) => driver.toStoreError(error).code === "INTERNAL";
  const messages = createGroupCommit<PendingMessage, Appended>({
    ...driver.batching.messages,
    keyOf: ({ roomId }) => roomId,
    sizeOf: ({ content }) => content.length * 2 + size.message,
    write: (batch) => writeDistinct(batch, driver.append),
    isFaultOfItem,
  });
  const changes = createGroupCommit<NewChange, Changed>({
    ...driver.batching.changes,
    keyOf: ({ roomId }) => roomId,
    sizeOf: ({ act }) => (act.kind === "edit" ? act.content.length * 2 : 0) + size.message,
    write: driver.changeMessages,
    isFaultOfItem,
  });
  const memberChanges = createGroupCommit<PendingChange, MembershipChange | undefined>({
    ...driver.batching.members,
    keyOf: ({ roomId }) => roomId,
    sizeOf: () => size.change,
    write: driver.changeMembers,
    isFaultOfItem,
  });
  const marks = createGroupCommit<NewMark, ReadMark | undefined>({
    ...driver.batching.marks,
    keyOf: memberOf,
    sizeOf: () => size.mark,
    write: (batch) => writeInTurns(batch, driver.markRead),
    isFaultOfItem,
  });
  const roomViews = gatherReads(driver.findRooms, most.rooms);
  const roomsOf = gatherReads(driver.listRoomsOf, most.lists);
  const pages = gatherReads(driver.listPages, most.lists);
  const ranges = gatherReads(driver.listRanges, most.lists);
  const members = gatherReads(driver.listMembers, most.lists);
  const revisions = gatherReads(driver.listChanges, most.lists);
  const missedOf = gatherReads(driver.listMissed, most.lists);
  const blocksOf = gatherReads(driver.listBlocks, most.lists);
  const readMarks = gatherReads(driver.listReadMarks, most.lists);
  const membershipChanges = gatherReads(driver.listMembershipChanges, most.lists);
  const sharing = gatherReads(driver.listSharing, most.lists);

  return {
    async append(message) {
      if (!isId(message.roomId)) throw new AppError("ROOM_NOT_FOUND");
      return call(messages.add(toPendingMessage(message)));
    },
    listMessages: async (roomId, from, to) =>
      isId(roomId) && from <= to ? call(ranges({ roomId, from, to })) : [],
    async readPage(roomId, userId, span) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      const page = await call(pages({ roomId, userId, span }));
      if (!page) throw new AppError("ROOM_NOT_FOUND");
      return page;
    },
    async changeMessage(wanted) {
      if (!isId(wanted.roomId)) throw new AppError("ROOM_NOT_FOUND");
      return call(changes.add({ ...wanted, seq: Math.min(wanted.seq, maxNumber) }));
    },
    listChanges: async (roomId, range) =>
      isId(roomId) && range.from <= range.to ? call(revisions({ roomId, ...range })) : [],
    async readMissed(roomId, since, limit) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      const missed = await call(missedOf({ roomId, ...since, limit }));
      if (!missed) throw new AppError("ROOM_NOT_FOUND");
      return missed;
    },
    listReplies: async (roomId, seq, span) =>
      isId(roomId) ? call(driver.listReplies(roomId, seq, span)) : undefined,
    listReactors: async (roomId, seq, emoji, slice) =>
      isId(roomId) && seq <= maxNumber
        ? call(driver.listReactors(roomId, seq, emoji, slice))
        : undefined,
    listPins: async (roomId) => (isId(roomId) ? call(driver.listPins(roomId)) : []),
    search: async (query) =>
      query.roomId === undefined || isId(query.roomId) ? call(driver.search(query)) : [],
    makeSearchable: driver.makeSearchable,
    listMentions: (query) => call(driver.listMentions(query)),
    readMentionLog: async (from, to) => (from <= to ? call(driver.readMentionLog(from, to)) : []),
    mentionPosition: () => call(driver.mentionPosition()),
    membersSince: async (at, roomId, userIds) =>
      isId(roomId) && userIds.length > 0 ? call(driver.membersSince(at, roomId, userIds)) : [],
    createRoom: (room) => call(driver.createRoom(room)),
    openDirectRoom: (userId, peerId) => call(driver.openDirectRoom(userId, peerId)),
    directRoomsOf: (userIds) => call(driver.directRoomsOf(userIds)),
    hideRoom: async (roomId, userId) => (isId(roomId) ? call(driver.hideRoom(roomId, userId)) : []),
    async findRoom(roomId, userId) {
      const view = isId(roomId) ? await call(roomViews({ roomId, userId })) : null;
      return view ?? undefined;
    },
    listRoomsOf: (userId) => call(roomsOf(userId)),
    listPublicRooms: (userId, slice) => call(driver.listPublicRooms(userId, slice)),
    listMembers: async (roomId, slice) =>
      isId(roomId) ? call(members({ roomId, ...slice })) : { members: [], total: 0 },
    async addMember(roomId, userId, byUserId) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      return call(memberChanges.add({ id: newId(), roomId, userId, isMember: true, byUserId }));
    },
    async removeMember(roomId, userId) {
      if (!isId(roomId)) return undefined;
      const removal = { id: newId(), roomId, userId, isMember: false, byUserId: undefined };
      return call(memberChanges.add(removal));
    },
    markRead: async (mark) => {
      const seq = mark.seq && Math.min(mark.seq, maxNumber);
      return isId(mark.roomId) ? call(marks.add({ ...mark, seq })) : undefined;
    },
    listReads: async (roomId, limit) => (isId(roomId) ? call(driver.listReads(roomId, limit)) : []),
    async setNotify(roomId, userId, level) {
      if (isId(roomId)) await call(driver.setNotify(roomId, userId, level));
    },
    listReadMarks: (userId, from, to) => call(readMarks({ userId, from, to })),
    readPositions: (userIds) => call(driver.readPositions(userIds)),
    listRoomStates: (roomIds) => call(driver.listRoomStates(roomIds.filter(isId))),
    listMembershipChanges: (userId, from, to) => call(membershipChanges({ userId, from, to })),
    membershipPositions: (userIds) => call(driver.membershipPositions(userIds)),
    async block(userId, blockedId) {
      const isBlocked = await call(driver.block(userId, blockedId, mostBlocks));
      if (!isBlocked) throw limitReached("blocks", mostBlocks);
    },
    unblock: (userId, blockedId) => call(driver.unblock(userId, blockedId)),
    listBlocks: (userId) => call(blocksOf(userId)),
    positions: (roomIds) => call(driver.positions(roomIds.filter(isId))),
    renewPresences: (...lease) => call(driver.renewPresences(...lease)),
    putPresences: (...said) => call(driver.putPresences(...said)),
    readPresences: (...asked) => call(driver.readPresences(...asked)),
    relationStates: (userIds) => call(driver.relationStates(userIds)),
    listSharing: (userId, otherIds) => call(sharing({ userId, otherIds })),
    ping: driver.ping,
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

const memberOf = ({ roomId, userId }: NewMark) => `${roomId} ${userId}`;

/** Writes one mark of each member at a time, in their order; answers all. */
async function writeInTurns(
  batch: readonly NewMark[],
  write: (distinct: NewMark[]) => Promise<MarkResult[]>,
): Promise<MarkResult[]> {
  const results = new Map<NewMark, MarkResult>();
  while (results.size < batch.length) {
    const open = batch.filter((mark) => !results.has(mark));
    const turn = [...new Map(open.toReversed().map((mark) => [memberOf(mark), mark])).values()];
    const written = await write(turn);
    for (const [i, mark] of turn.entries()) {
      results.set(mark, written[i] ?? rejected(new AppError("INTERNAL")));
    }
  }
  return batch.map((mark) => results.get(mark) ?? rejected(new AppError("INTERNAL")));
}

/** Reads together what is asked for in one moment, and once what several ask for alike. */
function gatherReads<Q, A extends object | null>(
  read: (questions: Q[]) => Promise<A[]>,
  most: number,
): (question: Q) => Promise<A> {
  const keyOf = (question: Q) => JSON.stringify(question);
  /** Answers to what isn't asked yet, by question. */
  const awaited = new Map<string, Promise<A>>();
  const gather = createGather({
    most,
    async ask(questions: Q[]) {
      for (const question of questions) awaited.delete(keyOf(question));
      const answers = await read(questions);
      const byQuestion = new Map(questions.map((question, i) => [question, answers[i]]));
      return (question) => {
        const answer = byQuestion.get(question);
        if (answer === undefined) throw new AppError("INTERNAL");
        return answer;
      };
    },
  });
  return (question) => {
    const key = keyOf(question);
    const answer = awaited.get(key) ?? gather(question);
    awaited.set(key, answer);
    return answer;
  };
}

function toPendingMessage(message: NewMessage): PendingMessage {
  const id = newId();
  const mentions = [...new Set(message.mentions)].filter((userId) => userId !== message.userId);
  return { ...message, mentions, id, sendKey: message.clientMessageId ?? `#${id}` };
}

/** Writes those of a batch that are no repeats of others in it; answers all, in their order. */
async function writeDistinct(
  batch: readonly PendingMessage[],
  write: (distinct: PendingMessage[]) => Promise<AppendResult[]>,
): Promise<AppendResult[]> {
  const first = new Map<string, PendingMessage>();
  for (const one of batch) {
    const key = keyOf(one);
    if (!first.has(key)) first.set(key, one);
  }
  const results = await write([...first.values()]);
  const byKey = new Map([...first.keys()].map((key, i) => [key, results[i]]));
  return batch.map((one) => {
    const result = byKey.get(keyOf(one));
    if (!result) return rejected(new AppError("INTERNAL"));
    if (result.status === "rejected" || first.get(keyOf(one)) === one) return result;
    return { status: "fulfilled", value: { ...result.value, isDuplicate: true } };
  });
}

const keyOf = ({ roomId, userId, sendKey }: PendingMessage) => `${roomId} ${userId} ${sendKey}`;
