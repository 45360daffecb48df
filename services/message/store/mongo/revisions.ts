import type { Types } from "mongoose";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { RevisionsQuestion } from "../driver.ts";
import type { MessageChange, MessagePage, Reactors, RoomPosition, Slice } from "../store.ts";
import { rowToMessage, rowToMessageChange } from "./rows.ts";
import { hiddenFields, type Mongo, toObjectId } from "./schema.ts";

/** As it is where changes are made. The index has messages that have changed alone. */
export async function findLastRevision(
  { messages }: Pick<Mongo, "messages">,
  roomId: Types.ObjectId,
): Promise<number> {
  const last = await messages
    .findOne({ roomId, revision: { $exists: true } })
    .sort({ revision: -1 })
    .select({ revision: 1, _id: 0 })
    .lean();
  return last?.revision ?? 0;
}

/** @param upToSeq of messages up to this one alone */
export async function listChanges(
  { messages, readLevel }: Mongo,
  { roomId, from, to, limit, upToSeq }: RevisionsQuestion & { upToSeq?: number },
): Promise<MessageChange[]> {
  const query = messages
    .find({ roomId: toObjectId(roomId), revision: { $gte: from, $lte: to } })
    .select(hiddenFields)
    .sort({ revision: 1 })
    .readConcern(readLevel)
    .lean();
  if (upToSeq !== undefined) query.where({ seq: { $lte: upToSeq } });
  if (limit !== undefined) query.limit(limit);
  return (await query).map(rowToMessageChange);
}

/**
 * Messages that were read after a room's position, as they are at one moment. Some may have
 * changed meanwhile, one before the other was read; then the moment is that of the last of these
 * changes. Which others there were up to it is known by then: numbers appear in their order.
 */
export async function atOneMoment(
  db: Mongo,
  { roomId, lastSeq, lastRevision }: RoomPosition & { roomId: string },
  messages: Message[],
): Promise<MessagePage> {
  const last = Math.max(lastRevision, ...messages.map(({ revision }) => revision));
  if (last === lastRevision) return { lastSeq, lastRevision, messages };
  const changes = await listChanges(db, { roomId, from: lastRevision + 1, to: last });
  const newer = new Map(changes.map(({ message }) => [message.seq, message]));
  return {
    lastSeq,
    lastRevision: last,
    messages: messages.map((it) => newer.get(it.seq) ?? it),
  };
}

export async function listReactors(
  { messages, readLevel }: Mongo,
  roomId: string,
  seq: number,
  emoji: string,
  { offset, limit }: Slice,
): Promise<Reactors | undefined> {
  const row = await messages
    .findOne({ roomId: toObjectId(roomId), seq, deletedAt: { $exists: false } })
    .select({ reactors: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  if (!row) return undefined;
  const userIds = row.reactors?.find((it) => it.emoji === emoji)?.userIds ?? [];
  return { userIds: userIds.slice(offset, offset + limit), total: userIds.length };
}

export async function listPins({ messages, readLevel }: Mongo, roomId: string): Promise<Message[]> {
  const rows = await messages
    .find({ roomId: toObjectId(roomId), pinnedAt: { $exists: true } })
    .select(hiddenFields)
    .sort({ pinnedAt: -1 })
    .readConcern(readLevel)
    .lean();
  return rows.map(rowToMessage);
}
