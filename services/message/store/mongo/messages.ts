import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { rowToMessage } from "./rows.ts";
import { type Mongo, toObjectId } from "./schema.ts";

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
