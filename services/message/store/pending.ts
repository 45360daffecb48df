import type { JsonObject } from "@bufbuild/protobuf";
import { AppError } from "#contract/errors.ts";
import { isPlainObject } from "#contract/wire/json.ts";
import { newId } from "./ids.ts";
import type { Appended, NewMessage } from "./store.ts";

/** A message with what it keeps through every attempt to write it. */
export interface Pending extends NewMessage {
  id: string;
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
}

/** What became of one message of a batch. */
export type AppendResult = PromiseSettledResult<Appended>;

export function toPending(message: NewMessage): Pending {
  const id = newId();
  return { ...message, id, sendKey: message.clientMessageId ?? `#${id}` };
}

/** Writes those of a batch that are no repeats of others in it; answers all, in their order. */
export async function writeDistinct(
  batch: readonly Pending[],
  write: (distinct: Pending[]) => Promise<AppendResult[]>,
): Promise<AppendResult[]> {
  const first = new Map<string, Pending>();
  for (const one of batch) {
    const key = keyOf(one);
    if (!first.has(key)) first.set(key, one);
  }
  const results = await write([...first.values()]);
  const byKey = new Map([...first.keys()].map((key, i) => [key, results[i]]));
  return batch.map((one) => {
    const result = byKey.get(keyOf(one));
    if (!result) return { status: "rejected", reason: new AppError("INTERNAL") };
    if (result.status === "rejected" || first.get(keyOf(one)) === one) return result;
    return { status: "fulfilled", value: { ...result.value, isDuplicate: true } };
  });
}

const keyOf = ({ roomId, userId, sendKey }: Pending) => `${roomId} ${userId} ${sendKey}`;

/** Metadata as text: databases' own JSON types reorder keys, or don't take every key. */
export function metadataText({ metadata }: NewMessage): string | null {
  return metadata === undefined ? null : JSON.stringify(metadata);
}

export function parseMetadata(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error("stored metadata is no object");
  return value;
}

/** What `JSON.parse` makes holds JSON all the way down. */
function isJsonObject(value: unknown): value is JsonObject {
  return isPlainObject(value);
}
