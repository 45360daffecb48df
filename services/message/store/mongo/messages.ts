import type { Types } from "mongoose";
import { AppError, type ErrorCode } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { readDistinct } from "../distinct.ts";
import {
  type AppendResult,
  type MessageRange,
  type PageQuestion,
  type PendingMessage,
  rejected,
} from "../driver.ts";
import { numbersOf } from "../pages.ts";
import { pairOf } from "../pairs.ts";
import type { MembershipChange, MessagePage } from "../store.ts";
import { findBlocked, showRoom } from "./direct-rooms.ts";
import { findLastSeq } from "./last-seq.ts";
import type { Leases } from "./leases.ts";
import { judgeMentions, numberMentions } from "./mentions.ts";
import { atOneMoment } from "./revisions.ts";
import { findRooms } from "./rooms.ts";
import { messageToRow, rowToMessage } from "./rows.ts";
import { hiddenFields, type MessageDocument, type Mongo, toObjectId } from "./schema.ts";
import { countReplies, findThreads } from "./threads.ts";
import { barrier, insertInOrder, type Mutexes, untilSettled } from "./writes.ts";

/** By a look into the index for each. */
export function listRanges(db: Mongo, ranges: readonly MessageRange[]): Promise<Message[][]> {
  return Promise.all(ranges.map((range) => listRange(db, range)));
}

export async function listRange(
  { messages, readLevel }: Mongo,
  { roomId, from, to }: MessageRange,
): Promise<Message[]> {
  const rows = await messages
    .find({ roomId: toObjectId(roomId), seq: { $gte: from, $lte: to } })
    .select(hiddenFields)
    .sort({ seq: 1 })
    .readConcern(readLevel)
    .lean();
  return rows.map(rowToMessage);
}

export async function listPages(
  db: Mongo,
  asked: readonly PageQuestion[],
): Promise<(MessagePage | null)[]> {
  const views = await findRooms(db, asked);
  const spans = asked.map(({ roomId, span }, i) => {
    const view = views[i];
    const isReadable = view?.isMember || view?.room.roomType === RoomType.PUBLIC;
    if (!view || !isReadable) return null;
    const { lastSeq, lastRevision } = view.room;
    return { roomId, lastSeq, lastRevision, ...numbersOf(span, lastSeq) };
  });
  const found = await readDistinct(
    spans.filter((it) => it !== null),
    (it) => JSON.stringify(it),
    (distinct) =>
      Promise.all(distinct.map(async (it) => atOneMoment(db, it, await listRange(db, it)))),
  );
  return spans.map((it) => (it && found.get(it)) ?? null);
}

type Results = Map<PendingMessage, AppendResult>;

/**
 * Stores messages of one room in their order, numbered from the highest number that there is.
 * The unique index on numbers lets only one writer have each; the insert ends at the first
 * that is taken, so there is never a hole. Whatever an attempt has left behind is found by
 * the next one, by the ids that were made once.
 */
export async function appendBatch(
  db: Mongo,
  leases: Leases,
  users: Mutexes,
  batch: readonly PendingMessage[],
): Promise<AppendResult[]> {
  const roomId = toObjectId(batch[0]?.roomId ?? "");
  const results: Results = new Map();
  const open = () => batch.filter((one) => !results.has(one));
  const store = (one: PendingMessage, row: MessageDocument) => {
    const message = rowToMessage(row);
    const isDuplicate = message.id !== one.id;
    if (message.threadSeq !== undefined) threads.add(message.threadSeq);
    const { mentionNumber } = row;
    const value = { message, isDuplicate, shown: [], mentionNumber };
    results.set(one, { status: "fulfilled", value });
  };
  /** Threads with replies that are to be counted. */
  const threads = new Set<number>();
  const end = async () => {
    await countReplies(db, roomId, threads);
    return true;
  };
  let isDirect: boolean | undefined;
  let shown: readonly MembershipChange[] = [];
  let failure: unknown;
  try {
    await untilSettled(async ({ isRepeat, check }) => {
      isDirect ??= await refuseOthers(db, roomId, batch, results);
      if (open().length === 0) return end();
      using _lease = await leases.take(roomId);
      const [stored, last] = await Promise.all([
        findStored(db, roomId, open(), isRepeat),
        findLastSeq(db, roomId),
      ]);
      if (stored.size > 0) {
        await barrier(db, roomId);
        for (const [one, row] of stored) store(one, row);
      }
      const threadOf = await findThreads(
        db,
        roomId,
        open().flatMap(({ replyTo }) => replyTo ?? []),
      );
      for (const one of open()) {
        if (one.replyTo === undefined || threadOf.has(one.replyTo)) continue;
        results.set(one, rejected(new AppError("MESSAGE_NOT_FOUND")));
      }
      const membersNamedBy = await judgeMentions(db, roomId, open(), results);
      const rest = open();
      if (rest.length === 0) return end();
      leases.sawLast(roomId, last);
      using mentions = await numberMentions(db, users, rest, membersNamedBy);
      const at = new Date();
      const rows = rest.map((one, i) =>
        messageToRow(one, last + 1 + i, at, threadOf.get(one.replyTo ?? 0), mentions.of(one)),
      );
      check();
      const count = await insertInOrder(db.messages, rows);
      for (const [i, row] of rows.slice(0, count).entries()) {
        const one = rest[i];
        if (one) store(one, row);
      }
      if (count === rows.length) leases.wroteLast(roomId, last + count);
      else leases.collided(roomId);
      return count === rows.length ? end() : undefined;
    });
    const stored = [...results.values()].flatMap((it) =>
      it.status === "fulfilled" ? it.value.message.seq : [],
    );
    // None is acknowledged before the room is in both lists; to repeat is no harm.
    if (isDirect && stored.length > 0) {
      shown = await showRoom(db, users, roomId, Math.max(...stored));
    }
  } catch (error) {
    failure = error;
    if (isDirect) results.clear();
  }
  return batch.map((one) => {
    const result = results.get(one) ?? rejected(failure);
    if (result.status === "rejected") return result;
    return { ...result, value: { ...result.value, shown } };
  });
}

/** Refuses those who may not write. Answers whether the room is a direct one. */
async function refuseOthers(
  db: Mongo,
  roomId: Types.ObjectId,
  batch: readonly PendingMessage[],
  results: Results,
): Promise<boolean> {
  const { memberships, rooms } = db;
  const users = [...new Set(batch.map(({ userId }) => userId))];
  const members = await memberships
    .find({ roomId, userId: { $in: users }, isMember: true })
    .select({ userId: 1, peerId: 1, _id: 0 })
    .lean();
  const isMember = new Set(members.map(({ userId }) => userId));
  const others = batch.filter(({ userId }) => !isMember.has(userId));
  const direct = members.find(({ peerId }) => peerId !== undefined);
  if (direct?.peerId !== undefined) {
    const blocked = await findBlocked(db, pairOf(direct.userId, direct.peerId), users);
    for (const one of batch) {
      if (blocked.has(one.userId)) results.set(one, rejected(new AppError("BLOCKED")));
    }
  }
  if (others.length === 0) return direct !== undefined;
  const room = await rooms.findById(roomId).select({ roomType: 1 }).lean();
  const code: ErrorCode = room?.roomType === RoomType.PUBLIC ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND";
  for (const one of others) results.set(one, rejected(new AppError(code)));
  return direct !== undefined;
}

/** What is there already: under a client's id, or, after an attempt, under our own. */
async function findStored(
  { messages }: Mongo,
  roomId: Types.ObjectId,
  batch: readonly PendingMessage[],
  isRepeat: boolean,
): Promise<Map<PendingMessage, MessageDocument>> {
  const bySender = Map.groupBy(
    batch.filter(({ clientMessageId }) => clientMessageId !== undefined),
    ({ userId }) => userId,
  );
  const conditions = [...bySender].map(([userId, sent]) => ({
    roomId,
    userId: { $eq: userId },
    clientMessageId: { $in: sent.map(({ sendKey }) => sendKey) },
  }));
  const ids = isRepeat ? [{ _id: { $in: batch.map(({ id }) => toObjectId(id)) } }] : [];
  if (conditions.length + ids.length === 0) return new Map();
  const rows = await messages
    .find({ $or: [...conditions, ...ids] })
    .select(hiddenFields)
    .lean();
  const byId = new Map(rows.map((it) => [it._id.toHexString(), it]));
  const byKey = new Map(rows.map((it) => [`${it.userId} ${it.clientMessageId}`, it]));
  const stored = new Map<PendingMessage, MessageDocument>();
  for (const one of batch) {
    const row = byId.get(one.id) ?? byKey.get(`${one.userId} ${one.clientMessageId}`);
    if (row && (row._id.toHexString() === one.id || one.clientMessageId !== undefined)) {
      stored.set(one, row);
    }
  }
  return stored;
}
