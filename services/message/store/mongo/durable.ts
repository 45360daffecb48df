import type { Types } from "mongoose";
import type { Mongo } from "./models.ts";

/**
 * What is found was written by another, or by ourselves without an answer: it can be seen
 * before it is durable. The log has one order, so it is durable when a later write is.
 */
export async function barrier({ rooms }: Mongo, roomId: Types.ObjectId): Promise<void> {
  await rooms.updateOne({ _id: roomId }, { $inc: { barriers: 1 } });
}
