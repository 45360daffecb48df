import type { Types } from "mongoose";
import { AppError, type ErrorCode } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type AppendResult, type PendingMessage, rejected } from "../driver.ts";
import type { Leases } from "./leases.ts";
import { messageToRow, rowToMessage } from "./rows.ts";
import { type MessageDocument, type Mongo, toObjectId } from "./schema.ts";
import { barrier, insertInOrder, untilSettled } from "./writes.ts";

export async function listMessages(
  { messages, readLevel }: Mongo,
  roomId: string,
  from: number,
  to: number,
): Promise<Message[]> {
  const rows = await messages
    .find({ roomId: toObjectId(roomId), seq: { $gte: from, $lte: to } })
    .sort({ seq: 1 })
    .readConcern(readLevel)
    .lean();
  return rows.map(rowToMessage);
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
  batch: readonly PendingMessage[],
): Promise<AppendResult[]> {
  const roomId = toObjectId(batch[0]?.roomId ?? "");
  const results: Results = new Map();
  const open = () => batch.filter((one) => !results.has(one));
  const store = (one: PendingMessage, row: MessageDocument) => {
    const message = rowToMessage(row);
    const isDuplicate = message.id !== one.id;
    results.set(one, { status: "fulfilled", value: { message, isDuplicate } });
  };
  let isJudged = false;
  let failure: unknown;
  try {
    await untilSettled(async ({ isRepeat, check }) => {
      if (!isJudged) await refuseNonMembers(db, roomId, batch, results);
      isJudged = true;
      if (open().length === 0) return true;
      using _lease = await leases.take(roomId);
      const [stored, last] = await Promise.all([
        findStored(db, roomId, open(), isRepeat),
        findLastSeq(db, roomId),
      ]);
      if (stored.size > 0) {
        await barrier(db, roomId);
        for (const [one, row] of stored) store(one, row);
      }
      const rest = open();
      if (rest.length === 0) return true;
      leases.sawLast(roomId, last);
      const at = new Date();
      const rows = rest.map((one, i) => messageToRow(one, last + 1 + i, at));
      check();
      const count = await insertInOrder(db.messages, rows);
      for (const [i, row] of rows.slice(0, count).entries()) {
        const one = rest[i];
        if (one) store(one, row);
      }
      if (count === rows.length) leases.wroteLast(roomId, last + count);
      else leases.collided(roomId);
      return count === rows.length ? true : undefined;
    });
  } catch (error) {
    failure = error;
  }
  return batch.map((one) => results.get(one) ?? rejected(failure));
}

async function refuseNonMembers(
  { memberships, rooms }: Mongo,
  roomId: Types.ObjectId,
  batch: readonly PendingMessage[],
  results: Results,
): Promise<void> {
  const users = [...new Set(batch.map(({ userId }) => userId))];
  const members = await memberships
    .find({ roomId, userId: { $in: users }, isMember: true })
    .select({ userId: 1, _id: 0 })
    .lean();
  const isMember = new Set(members.map(({ userId }) => userId));
  const others = batch.filter(({ userId }) => !isMember.has(userId));
  if (others.length === 0) return;
  const room = await rooms.findById(roomId).select({ roomType: 1 }).lean();
  const code: ErrorCode = room?.roomType === RoomType.PUBLIC ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND";
  for (const one of others) results.set(one, rejected(new AppError(code)));
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
  const rows = await messages.find({ $or: [...conditions, ...ids] }).lean();
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

/** Read from the messages: a counter beside them could be wrong after a crash. */
async function findLastSeq({ messages }: Mongo, roomId: Types.ObjectId): Promise<number> {
  const last = await messages
    .findOne({ roomId })
    .sort({ seq: -1 })
    .select({ seq: 1, _id: 0 })
    .lean();
  return last?.seq ?? 0;
}
