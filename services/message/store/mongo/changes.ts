import type { Types } from "mongoose";
import { type ChangedResult, rejected } from "../driver.ts";
import type { Basis } from "../judge-change.ts";
import { makeChanges, type RoomWrites, type Write } from "../make-changes.ts";
import type { NewChange } from "../store.ts";
import { findBlocked } from "./direct-rooms.ts";
import { isConflict } from "./errors.ts";
import { findMembers } from "./members.ts";
import { findLastRevision } from "./revisions.ts";
import { rowToState, writeToRow } from "./rows.ts";
import { type Mongo, toObjectId } from "./schema.ts";
import { barrier, untilSettled } from "./writes.ts";

/**
 * Numbers that a message has taken stay taken, or whoever judged an old state could take one that
 * the message has gone on from. So many changes of one message while another change is being made
 * are not to be expected.
 */
const takenKept = 50;

/**
 * Changes messages of one room. The first write takes the room's next number under a unique
 * index, so it fails if any message of the room has changed since all was read; each further one
 * goes on from there. So numbers appear in their order, and all is judged on what they left.
 */
export async function changeMessages(
  db: Mongo,
  batch: readonly NewChange[],
): Promise<ChangedResult[]> {
  const roomId = toObjectId(batch[0]?.roomId ?? "");
  const results = new Map<NewChange, ChangedResult>();
  let failure: unknown;
  try {
    await untilSettled(async ({ check }) => {
      const tables = {
        readBasis: (wanted: readonly NewChange[]) => readBasis(db, roomId, wanted, check),
        write: ([room]: readonly RoomWrites[]) => write(db, roomId, room, check),
      };
      const settled = new Map<NewChange, ChangedResult>();
      const open = batch.filter((one) => !results.has(one));
      const isSettled = await makeChanges(tables, open, settled);
      if ([...settled.values()].some(isFound)) await barrier(db, roomId);
      for (const [one, result] of settled) results.set(one, result);
      return isSettled ? true : undefined;
    });
  } catch (error) {
    failure = error;
  }
  return batch.map((one) => results.get(one) ?? rejected(failure));
}

/** Whether a message is as it should be by somebody else, or by an attempt without an answer. */
function isFound(result: ChangedResult): boolean {
  return result.status === "fulfilled" && !result.value.change;
}

async function readBasis(
  db: Mongo,
  roomId: Types.ObjectId,
  wanted: readonly NewChange[],
  check: () => void,
): Promise<Map<string, Basis>> {
  const seqs = new Set(wanted.map(({ seq }) => seq));
  const hasPins = wanted.some(({ act }) => act.kind === "pin");
  for (;;) {
    check();
    // Who changes something after this has been read takes a number that is needed here.
    const lastRevision = await findLastRevision(db, roomId);
    const [room, head, isMember, rows, pinned] = await Promise.all([
      db.rooms.findById(roomId).select({ roomType: 1, createdBy: 1, pair: 1 }).lean(),
      db.memberships.findOne({ roomId }).sort({ version: -1 }).select({ createdBy: 1 }).lean(),
      findMembers(db, wanted),
      db.messages.find({ roomId, seq: { $in: [...seqs] } }).lean(),
      hasPins ? listPinTimes(db, roomId) : [],
    ]);
    if (!room) return new Map();
    if (rows.some(({ revision = 0 }) => revision > lastRevision)) continue;
    const { roomType, pair } = room;
    const userIds = wanted.map(({ userId }) => userId);
    const basis: Basis = {
      room: { roomType, createdBy: head?.createdBy ?? room.createdBy, lastRevision },
      members: new Set(wanted.filter(isMember).map(({ userId }) => userId)),
      blocked: await findBlocked(db, pair, userIds),
      messages: new Map(rows.map((row) => [row.seq, rowToState(row)])),
      pins: { count: pinned.length, lastAt: pinned[0] },
      at: new Date(),
    };
    return new Map([[roomId.toHexString(), basis]]);
  }
}

/** The latest first. */
async function listPinTimes({ messages }: Mongo, roomId: Types.ObjectId): Promise<Date[]> {
  const pinned = await messages
    .find({ roomId, pinnedAt: { $exists: true } })
    .sort({ pinnedAt: -1 })
    .select({ pinnedAt: 1, _id: 0 })
    .lean();
  return pinned.flatMap(({ pinnedAt }) => pinnedAt ?? []);
}

/** Ends with the first write that conflicts. The last one makes those before it durable too. */
async function write(
  db: Mongo,
  roomId: Types.ObjectId,
  room: RoomWrites | undefined,
  check: () => void,
): Promise<Set<Write>> {
  const written = new Set<Write>();
  if (!room) return written;
  const { lastRevision, writes } = room;
  let last = lastRevision;
  for (const one of writes) {
    check();
    const isLast = written.size === writes.length - 1;
    const { revision } = one.last.message;
    if (!(await writeOne(db, one, range(last + 1, revision), isLast))) {
      if (written.size > 0) await barrier(db, roomId);
      break;
    }
    written.add(one);
    last = revision;
  }
  return written;
}

/** Answers false where the message isn't as it was, or a number was taken by another. */
async function writeOne(
  { messages }: Mongo,
  one: Write,
  taken: number[],
  isDurable: boolean,
): Promise<boolean> {
  const { id, revision } = one.before;
  const fields = Object.entries(writeToRow(one));
  const isUnset = ([, value]: [string, unknown]) => value === undefined;
  try {
    const { matchedCount } = await messages.updateOne(
      { _id: toObjectId(id), revision: revision || { $exists: false } },
      {
        $set: Object.fromEntries(fields.filter((field) => !isUnset(field))),
        $unset: Object.fromEntries(fields.filter(isUnset).map(([name]) => [name, 1])),
        $push: { taken: { $each: taken, $slice: -(takenKept + taken.length) } },
      },
      isDurable ? {} : { writeConcern: { w: 1 } },
    );
    return matchedCount > 0;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** first, first + 1 … last */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
