import type { QueryFilter, Types } from "mongoose";
import { budgets } from "#common/budgets.ts";
import { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { occurIn, type Phrase, wordsOf } from "#message/search/words.ts";
import type { SearchQuery } from "../store.ts";
import { rowToMessage } from "./rows.ts";
import { hiddenFields, type MessageDocument, type Mongo, toObjectId } from "./schema.ts";

type Filter = QueryFilter<MessageDocument>;

const { words: _, ...hiddenToSearch } = hiddenFields;

/** The index finds messages that have all words; whether phrases stand together is seen here. */
export async function search(db: Mongo, query: SearchQuery): Promise<Message[]> {
  const roomIds = await listRoomIds(db, query);
  if (roomIds.length === 0) return [];
  const giveUpAt = performance.now() + budgets.database.storeCall;
  const candidates = db.messages
    .find({ $and: [{ roomId: { $in: roomIds } }, ...conditionsOf(query)] })
    .sort({ createdAt: -1, _id: -1 })
    .select(hiddenToSearch)
    .readConcern(db.readLevel)
    .lean();
  const isExact = query.phrases.every(({ words }) => words.length === 1);
  if (isExact) candidates.limit(query.limit);
  const found: Message[] = [];
  for await (const row of candidates.cursor({ batchSize: query.limit })) {
    if (performance.now() > giveUpAt) throw new AppError("UNAVAILABLE");
    if (isExact || occurIn(row.words ?? [], query.phrases)) found.push(rowToMessage(row));
    if (found.length === query.limit) break;
  }
  return found;
}

async function listRoomIds(
  { memberships, readLevel }: Mongo,
  { userId, roomId }: SearchQuery,
): Promise<Types.ObjectId[]> {
  const rows = await memberships
    .find({ userId, isMember: true, ...(roomId && { roomId: toObjectId(roomId) }) })
    .select({ roomId: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  return rows.map((row) => row.roomId);
}

function conditionsOf({ phrases, senderId, after, before, beyond }: SearchQuery): Filter[] {
  const conditions = phrases.flatMap(conditionsOfPhrase);
  if (senderId !== undefined) conditions.push({ userId: { $eq: senderId } });
  if (after) conditions.push({ createdAt: { $gt: after } });
  if (before) conditions.push({ createdAt: { $lt: before } });
  if (beyond) {
    const { createdAt, id } = beyond;
    conditions.push({
      $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: toObjectId(id) } }],
    });
  }
  return conditions;
}

/** What a pattern means otherwise; all else in it is taken as it is. */
const special = /[\\^$.|?*+()[\]{}]/g;

function conditionsOfPhrase({ words, isPrefix }: Phrase): Filter[] {
  return words.map((word, i): Filter => {
    const isOpen = isPrefix && i === words.length - 1;
    if (!isOpen) return { words: { $eq: word } };
    return { words: { $regex: `^${word.replace(special, "\\$&")}` } };
  });
}

/** Messages that are made searchable at once. */
const batchSize = 200;

/** What this version stores has its words from the beginning. */
export async function makeSearchable(
  { messages, rooms }: Mongo,
  where: "here" | "everywhere",
): Promise<boolean> {
  if (where === "here") return false;
  let isAny = false;
  for await (const { _id: roomId } of rooms.find().select({ _id: 1 }).lean().cursor()) {
    const unfound = await messages
      .find({ roomId, words: { $exists: false } })
      .select({ content: 1 })
      .limit(batchSize)
      .lean();
    if (unfound.length === 0) continue;
    isAny = true;
    // What has been edited meanwhile has its words.
    const updates = unfound.map(({ _id, content }) => ({
      updateOne: {
        filter: { _id, content: { $eq: content }, words: { $exists: false } },
        update: { $set: { words: wordsOf(content) } },
      },
    }));
    await messages.bulkWrite(updates, { ordered: false });
  }
  return isAny;
}
