import { AppError } from "#contract/errors.ts";
import { newId } from "./ids.ts";
import type { Appended, MembershipChange, NewMessage } from "./store.ts";

/** A message with what it keeps through every attempt to write it. */
export interface PendingMessage extends NewMessage {
  id: string;
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
}

/** A user who is to become a member of a room, or to cease to be one. */
export interface PendingChange {
  /** By it an attempt whose answer was lost is recognised. */
  id: string;
  roomId: string;
  userId: string;
  isMember: boolean;
  /** Who adds the user, and has to be a member; undefined: nobody but the user. */
  byUserId: string | undefined;
}

/** What became of one message of a batch. */
export type AppendResult = PromiseSettledResult<Appended>;
/** What became of one change of a batch; undefined: there was nothing to change. */
export type ChangeResult = PromiseSettledResult<MembershipChange | undefined>;

export function toPendingMessage(message: NewMessage): PendingMessage {
  const id = newId();
  return { ...message, id, sendKey: message.clientMessageId ?? `#${id}` };
}

/** Writes those of a batch that are no repeats of others in it; answers all, in their order. */
export async function writeDistinct(
  batch: readonly PendingMessage[],
  write: (distinct: PendingMessage[]) => Promise<AppendResult[]>,
): Promise<AppendResult[]> {
  const first = new Map<string, PendingMessage>();
  for (const one of batch) {
    const key = keyOf(one);
    if (!first.has(key)) first.set(key, one);
  }
  const results = await write([...first.values()]);
  const byKey = new Map([...first.keys()].map((key, i) => [key, results[i]]));
  return batch.map((one) => {
    const result = byKey.get(keyOf(one));
    if (!result) return rejected(new AppError("INTERNAL"));
    if (result.status === "rejected" || first.get(keyOf(one)) === one) return result;
    return { status: "fulfilled", value: { ...result.value, isDuplicate: true } };
  });
}

const keyOf = ({ roomId, userId, sendKey }: PendingMessage) => `${roomId} ${userId} ${sendKey}`;

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: "rejected", reason };
}
