import { type Model, mongo } from "mongoose";
import { isConflict } from "./errors.ts";

/** Answers how many are stored, and durable, before the first that conflicts. */
export async function insertInOrder<D>(model: Model<D>, documents: readonly D[]): Promise<number> {
  try {
    await model.insertMany([...documents], { ordered: true, lean: true });
    return documents.length;
  } catch (error) {
    const isCounted =
      error instanceof mongo.MongoBulkWriteError &&
      isConflict(error) &&
      error.result.getWriteConcernError() === undefined;
    if (isCounted) return error.result.insertedCount;
    throw error;
  }
}
