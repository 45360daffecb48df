import type { Types } from "mongoose";
import { AppError, type ErrorCode } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type AppendResult, type Pending, writeDistinct } from "../pending.ts";
import { type Attempt, untilSettled } from "./attempts.ts";
import { barrier } from "./durable.ts";
import { toStoreError } from "./errors.ts";
import { insertInOrder } from "./insert-in-order.ts";
import { documentToMessage, pendingToDocument } from "./messages.ts";
import { type MessageDocument, type Mongo, toObjectId } from "./models.ts";
import type { Rivals } from "./rivals.ts";

/** Writes a batch, each room's part by itself, and answers in its order. */
export async function appendBatch(
  db: Mongo,
  rivals: Rivals,
  batch: readonly Pending[],
): Promise<AppendResult[]> {
  return writeDistinct(batch, async (distinct) => {
    const byRoom = Map.groupBy(distinct, ({ roomId }) => roomId);
    const parts = await Promise.all(
      [...byRoom].map(([roomId, part]) => appendToRoom(db, rivals, toObjectId(roomId), part)),
    );
    const results = new Map(parts.flatMap((part) => [...part]));
    return distinct.map((one) => results.get(one) ?? rejected(new AppError("INTERNAL")));
  });
}

type Results = Map<Pending, AppendResult>;

/**
 * Stores messages of one room in their order, numbered from the highest number that there is.
 * The unique index on numbers lets only one writer have each; the insert ends at the first
 * that is taken, so there is never a hole. Whatever an attempt has left behind is found by
 * the next one, by the ids that were made once.
 */
async function appendToRoom(
  db: Mongo,
  rivals: Rivals,
  roomId: Types.ObjectId,
  part: readonly Pending[],
): Promise<Results> {
  const results: Results = new Map();
  const open = () => part.filter((one) => !results.has(one));
  const store = (one: Pending, document: MessageDocument) => {
    const message = documentToMessage(document);
    const isDuplicate = message.id !== one.id;
    results.set(one, { status: "fulfilled", value: { message, isDuplicate } });
  };
  let isJudged = false;

  const attempt = async ({ isRepeat, check }: Attempt) => {
    if (!isJudged) await refuseStrangers(db, roomId, part, results);
    isJudged = true;
    if (open().length === 0) return results;
    using _lease = await rivals.lease(roomId);
    const [stored, last] = await Promise.all([
      findStored(db, roomId, open(), isRepeat),
      findLastSeq(db, roomId),
    ]);
    if (stored.size > 0) {
      await barrier(db, roomId);
      for (const [one, document] of stored) store(one, document);
    }
    const rest = open();
    if (rest.length === 0) return results;
    rivals.sawLast(roomId, last);
    const at = new Date();
    const documents = rest.map((one, i) => pendingToDocument(one, last + 1 + i, at));
    check();
    const count = await insertInOrder(db.messages, documents);
    for (const [i, document] of documents.slice(0, count).entries()) {
      const one = rest[i];
      if (one) store(one, document);
    }
    if (count === documents.length) rivals.wroteLast(roomId, last + count);
    else rivals.collided(roomId);
    return count === documents.length ? results : undefined;
  };

  try {
    await untilSettled(attempt);
  } catch (error) {
    const reason = toStoreError(error);
    const left = open();
    // One that can't be stored must not fail its neighbours.
    const isByNeighbour = reason.code === "INTERNAL" && part.length > 1;
    for (const one of left) {
      if (!isByNeighbour) results.set(one, rejected(reason));
      else for (const [, it] of await appendToRoom(db, rivals, roomId, [one])) results.set(one, it);
    }
  }
  return results;
}

async function refuseStrangers(
  { memberships, rooms }: Mongo,
  roomId: Types.ObjectId,
  part: readonly Pending[],
  results: Results,
): Promise<void> {
  const users = [...new Set(part.map(({ userId }) => userId))];
  const members = await memberships
    .find({ roomId, userId: { $in: users }, isMember: true })
    .select({ userId: 1, _id: 0 })
    .lean();
  const isMember = new Set(members.map(({ userId }) => userId));
  const strangers = part.filter(({ userId }) => !isMember.has(userId));
  if (strangers.length === 0) return;
  const room = await rooms.findById(roomId).select({ roomType: 1 }).lean();
  const code: ErrorCode = room?.roomType === RoomType.PUBLIC ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND";
  for (const one of strangers) results.set(one, rejected(new AppError(code)));
}

/** What is there already: under a client's id, or, after an attempt, under our own. */
async function findStored(
  { messages }: Mongo,
  roomId: Types.ObjectId,
  part: readonly Pending[],
  isRepeat: boolean,
): Promise<Map<Pending, MessageDocument>> {
  const bySender = Map.groupBy(
    part.filter(({ clientMessageId }) => clientMessageId !== undefined),
    ({ userId }) => userId,
  );
  const conditions = [...bySender].map(([userId, sent]) => ({
    roomId,
    userId: { $eq: userId },
    clientMessageId: { $in: sent.map(({ sendKey }) => sendKey) },
  }));
  const ids = isRepeat ? [{ _id: { $in: part.map(({ id }) => toObjectId(id)) } }] : [];
  if (conditions.length + ids.length === 0) return new Map();
  const documents = await messages.find({ $or: [...conditions, ...ids] }).lean();
  const byId = new Map(documents.map((it) => [it._id.toHexString(), it]));
  const byKey = new Map(documents.map((it) => [`${it.userId} ${it.clientMessageId}`, it]));
  const stored = new Map<Pending, MessageDocument>();
  for (const one of part) {
    const document = byId.get(one.id) ?? byKey.get(`${one.userId} ${one.clientMessageId}`);
    if (document && (document._id.toHexString() === one.id || one.clientMessageId !== undefined)) {
      stored.set(one, document);
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

function rejected(reason: AppError): AppendResult {
  return { status: "rejected", reason };
}
