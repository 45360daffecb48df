import type { Types } from "mongoose";
import type { ThreadPage, ThreadSpan } from "../store.ts";
import { cutToPage } from "../threads.ts";
import { rowToMessage } from "./rows.ts";
import { hiddenFields, type Mongo, toObjectId } from "./schema.ts";

/** The messages that can be replied to, and what the thread of such a reply hangs on. */
export async function findThreads(
  { messages }: Mongo,
  roomId: Types.ObjectId,
  seqs: readonly number[],
): Promise<Map<number, number>> {
  if (seqs.length === 0) return new Map();
  const rows = await messages
    .find({ roomId, seq: { $in: [...seqs] }, deletedAt: { $exists: false } })
    .select({ seq: 1, threadSeq: 1, _id: 0 })
    .lean();
  return new Map(rows.map(({ seq, threadSeq }) => [seq, threadSeq ?? seq]));
}

/**
 * Says on the messages that threads hang on how many replies there are. Counted anew each time, so
 * that what an attempt without an answer has left behind is put right by its repeat.
 */
export async function countReplies(
  { messages }: Mongo,
  roomId: Types.ObjectId,
  threads: Iterable<number>,
): Promise<void> {
  for (const threadSeq of threads) {
    const replies = { roomId, threadSeq };
    const [replyCount, last] = await Promise.all([
      messages.countDocuments(replies),
      messages.findOne(replies).sort({ seq: -1 }).select({ createdAt: 1, _id: 0 }).lean(),
    ]);
    await messages.updateOne(
      { roomId, seq: threadSeq },
      { $max: { replyCount, lastReplyAt: last?.createdAt } },
    );
  }
}

export async function listReplies(
  { messages, readLevel }: Mongo,
  roomId: string,
  seq: number,
  span: ThreadSpan,
): Promise<ThreadPage | undefined> {
  const { before, after, limit } = span;
  const inRoom = { roomId: toObjectId(roomId) };
  const repliesWith = (range?: { $gt?: number; $gte?: number; $lt?: number; $lte?: number }) =>
    messages
      .find({ ...inRoom, threadSeq: seq, ...(range && { seq: range }) })
      .readConcern(readLevel);
  const page = () => {
    if (after !== undefined) return repliesWith({ $gt: after }).sort({ seq: 1 });
    return repliesWith(before === undefined ? undefined : { $lt: before }).sort({ seq: -1 });
  };
  const others = async () => {
    if (after !== undefined) return repliesWith({ $lte: after }).limit(1).lean();
    return before === undefined ? [] : repliesWith({ $gte: before }).limit(1).lean();
  };
  const [root, rows, beyond] = await Promise.all([
    messages
      .findOne({ ...inRoom, seq })
      .select({ replyCount: 1, _id: 0 })
      .readConcern(readLevel)
      .lean(),
    page()
      .select(hiddenFields)
      .limit(limit + 1)
      .lean(),
    others(),
  ]);
  if (!root) return undefined;
  const { replyCount: total = 0 } = root;
  return { total, ...cutToPage(rows.map(rowToMessage), span, beyond.length > 0) };
}
