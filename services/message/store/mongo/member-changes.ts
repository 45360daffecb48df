import { Types } from "mongoose";
import { AppError, type ErrorCode } from "#contract/errors.ts";
import { type ChangeResult, type PendingChange, rejected } from "../pending.ts";
import { mostRoomsFor, tooManyRooms } from "../room-limits.ts";
import { countRooms, lastNumbersOf } from "./members.ts";
import type { Mutexes } from "./mutexes.ts";
import { rowToChange } from "./rows.ts";
import { type MembershipState, type Mongo, toObjectId } from "./schema.ts";
import { barrier, insertInOrder, untilSettled } from "./writes.ts";

/**
 * Versions and numbers that a membership has taken stay taken, or whoever decided on an old
 * state could take one that its membership has gone on from. So many changes of one user while
 * another change is being made are not to be expected.
 */
const takenKept = 50;

type Results = Map<PendingChange, ChangeResult>;

/**
 * Makes changes of one room, and answers in their order. Each takes the room's next version and
 * its user's next number, and whoever is second to take either looks again: so every change is
 * made to the state that it was decided on, and numbers appear in their order.
 * @param users spares changes of one user in several rooms to collide within this process
 */
export async function changeMembers(
  db: Mongo,
  users: Mutexes,
  batch: readonly PendingChange[],
): Promise<ChangeResult[]> {
  const results: Results = new Map();
  let failure: unknown;
  try {
    await untilSettled(async ({ check }) => {
      for (;;) {
        const open = batch.filter((one) => !results.has(one));
        if (open.length === 0) return true;
        using _users = await users.lock(open.map(({ userId }) => userId));
        if (!(await makeNext(db, open, results, check))) return undefined;
      }
    });
  } catch (error) {
    failure = error;
  }
  return batch.map((one) => results.get(one) ?? rejected(failure));
}

/**
 * Decides what can be decided and writes once: all who have never been here, or one who has.
 * Answers false where another was faster.
 */
async function makeNext(
  db: Mongo,
  open: readonly PendingChange[],
  results: Results,
  check: () => void,
): Promise<boolean> {
  const roomId = toObjectId(open[0]?.roomId ?? "");
  const adders = open.flatMap(({ byUserId }) => byUserId ?? []);
  const users = [...open.map((it) => it.userId), ...adders];
  const newcomerIds = open.flatMap((one) => (one.isMember ? one.userId : []));
  const reading = db.memberships.findOne({ roomId }).sort({ version: -1 }).lean().exec();
  // Those who add are read after the head: if one leaves then, that takes the version we need.
  if (adders.length > 0) await reading;
  const [head, room, known, held, numbers] = await Promise.all([
    reading,
    db.rooms.findById(roomId).select({ createdBy: 1 }).lean(),
    db.memberships.find({ roomId, userId: { $in: users } }).lean(),
    countRooms(db, newcomerIds),
    lastNumbersOf(db, [...new Set(open.map(({ userId }) => userId))]),
  ]);
  if (!room) {
    for (const one of open) results.set(one, one.isMember ? refused("ROOM_NOT_FOUND") : unchanged);
    return true;
  }
  const byUser = new Map(known.map((it) => [it.userId, it]));
  const isIn = (userId: string) => byUser.get(userId)?.isMember ?? false;
  const findMade = ({ userId, id }: PendingChange) => {
    const membership = byUser.get(userId);
    return membership?.changeId.equals(id) ? membership : undefined;
  };
  const judge = (one: PendingChange): ChangeResult | undefined => {
    const { userId, isMember, byUserId } = one;
    const madeBefore = findMade(one);
    if (madeBefore) return made(madeBefore);
    if (byUserId !== undefined && !isIn(byUserId)) return refused("ROOM_NOT_FOUND");
    if (isIn(userId) === isMember) return unchanged;
    const isFull = isMember && (held.get(userId) ?? 0) >= mostRoomsFor(byUserId);
    return isFull ? rejected(tooManyRooms()) : undefined;
  };
  if (open.some(findMade)) await barrier(db, roomId);
  for (const one of open) {
    const result = judge(one);
    if (result) results.set(one, result);
  }
  const left = open.filter((one) => !results.has(one));
  const newcomers = Map.groupBy(
    left.filter((one) => !byUser.has(one.userId)),
    (one) => one.userId,
  );
  const numberAfter = (userId: string) => (numbers.get(userId) ?? 0) + 1;
  const before = head ?? { version: 0, memberCount: 0, createdBy: room.createdBy };
  if (newcomers.size > 0) {
    const changes = [...newcomers.values()].flatMap(([first]) => first ?? []);
    const documents = changes.map(({ userId, id }, i) => {
      const state = stateAfter(before, i + 1, i + 1);
      const joinedAt = state.changedAt;
      const _id = new Types.ObjectId();
      const taken = [state.version];
      const number = numberAfter(userId);
      const changeId = toObjectId(id);
      const membership = { _id, roomId, userId, isMember: true, joinedAt, changeId };
      return { ...state, ...membership, taken, number, numbersTaken: [number] };
    });
    check();
    const count = await insertInOrder(db.memberships, documents);
    for (const [i, document] of documents.slice(0, count).entries()) {
      const one = changes[i];
      if (one) results.set(one, made(document));
    }
    return count === changes.length;
  }
  const [one] = left;
  const mine = one && byUser.get(one.userId);
  if (!mine) return true;
  const { isMember, userId } = one;
  const state = stateAfter(before, 1, isMember ? 1 : -1);
  if (!isMember && state.createdBy === userId) {
    state.createdBy = (await findOldest(db, roomId, userId)) ?? userId;
  }
  const joinedAt = isMember ? state.changedAt : mine.joinedAt;
  const number = numberAfter(userId);
  check();
  const { matchedCount } = await db.memberships.updateOne(
    { _id: mine._id, version: mine.version },
    {
      $set: { ...state, isMember, joinedAt, changeId: toObjectId(one.id), number },
      $push: {
        taken: { $each: [state.version], $slice: -takenKept },
        numbersTaken: { $each: [number], $slice: -takenKept },
      },
    },
  );
  if (matchedCount > 0) results.set(one, made({ userId, number, roomId, isMember }));
  return matchedCount > 0;
}

const unchanged: ChangeResult = { status: "fulfilled", value: undefined };

function made(change: Parameters<typeof rowToChange>[0]): ChangeResult {
  return { status: "fulfilled", value: rowToChange(change) };
}

function refused(code: ErrorCode): ChangeResult {
  return rejected(new AppError(code));
}

function stateAfter(
  { version, memberCount, createdBy }: Omit<MembershipState, "changedAt">,
  changes: number,
  members: number,
): MembershipState {
  return {
    version: version + changes,
    memberCount: memberCount + members,
    createdBy,
    changedAt: new Date(),
  };
}

async function findOldest({ memberships }: Mongo, roomId: Types.ObjectId, exceptUserId: string) {
  const oldest = await memberships
    .findOne({ roomId, isMember: true, userId: { $ne: exceptUserId } })
    .sort({ version: 1 })
    .select({ userId: 1, _id: 0 })
    .lean();
  return oldest?.userId;
}
