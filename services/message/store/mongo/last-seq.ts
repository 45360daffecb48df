import type { Types } from "mongoose";
import type { Mongo } from "./schema.ts";

/** Read from the messages: a counter beside them could be wrong after a crash. */
export async function findLastSeq({ messages }: Mongo, roomId: Types.ObjectId): Promise<number> {
  const last = await messages
    .findOne({ roomId })
    .sort({ seq: -1 })
    .select({ seq: 1, _id: 0 })
    .lean();
  return last?.seq ?? 0;
}
