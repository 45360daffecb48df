import { Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { mostRoomsFor, tooManyRooms } from "../room-limits.ts";
import type { MembershipChange } from "../store.ts";
import { untilSettled } from "./attempts.ts";
import { barrier } from "./durable.ts";
import { toStoreError } from "./errors.ts";
import { insertInOrder } from "./insert-in-order.ts";
import { countRooms, documentToChange, lastNumbersOf } from "./memberships.ts";
import { type MembershipState, type Mongo, toObjectId } from "./models.ts";
import type { Mutexes } from "./mutexes.ts";

/** A user who is to come into a room, or to go. */
export interface MemberChange {
  roomId: string;
  userId: string;
  isMember: boolean;
  /** Who adds the user, and has to be a member; undefined: the user joins, or leaves. */
  byUserId: string | undefined;
  /** Made once: by it an attempt whose answer was lost is recognised. */
  changeId: Types.ObjectId;
}

export function toMemberChange(
  roomId: string,
  userId: string,
  isMember: boolean,
  byUserId?: string,
): MemberChange {
  return { roomId, userId, isMember, byUserId, changeId: new Types.ObjectId() };
}

/**
 * Versions and numbers that a membership has taken stay taken, or whoever decided on an old
 * state could take one that its membership has gone on from. So many changes of one user while
 * another change is being made are not to be expected.
 */
const takenKept = 50;

/** What a change changed, or why it may not be made. */
type Result = PromiseSettledResult<MembershipChange | undefined>;
type Results = Map<MemberChange, Result>;

/**
 * Makes changes of one room, and answers in their order. Each takes the room's next version and
 * its user's next number, and whoever is second to take either looks again: so every change is
 * made to the state that it was decided on, and numbers appear in their order.
 * @param users spares changes of one user in several rooms to collide within this process
 */
export async function changeMembers(
  db: Mongo,
  users: Mutexes,
  batch: readonly MemberChange[],
): Promise<Result[]> {
  const results: Results = new Map();
  let failure: AppError | undefined;
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
    failure = toStoreError(error);
  }
  // One that can't be stored must not fail its neighbours.
  const isByNeighbour = failure?.code === "INTERNAL" && batch.length > 1;
  const settled: Result[] = [];
  for (const one of batch) {
    const result = results.get(one);
    if (result) settled.push(result);
    else if (failure?.code === "ROOM_NOT_FOUND" && !one.isMember) {
      settled.push(unchanged);
    } else if (isByNeighbour) settled.push(...(await changeMembers(db, users, [one])));
    else settled.push({ status: "rejected", reason: failure });
  }
  return settled;
}

/**
 * Decides what can be decided and writes once: all who have never been here, or one who has.
 * Answers false where another was faster.
 */
async function makeNext(
  db: Mongo,
  open: readonly MemberChange[],
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
  if (!room) throw new AppError("ROOM_NOT_FOUND");
  const byUser = new Map(known.map((it) => [it.userId, it]));
  const isIn = (userId: string) => byUser.get(userId)?.isMember ?? false;
  const findMade = ({ userId, changeId }: MemberChange) => {
    const membership = byUser.get(userId);
    return membership?.changeId.equals(changeId) ? membership : undefined;
  };
  const judge = (one: MemberChange): Result | undefined => {
    const { userId, isMember, byUserId } = one;
    const madeBefore = findMade(one);
    if (madeBefore) return made(madeBefore);
    if (byUserId !== undefined && !isIn(byUserId)) return refused(new AppError("ROOM_NOT_FOUND"));
    if (isIn(userId) === isMember) return unchanged;
    const isFull = isMember && (held.get(userId) ?? 0) >= mostRoomsFor(byUserId);
    return isFull ? refused(tooManyRooms()) : undefined;
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
    const documents = changes.map(({ userId, changeId }, i) => {
      const state = stateAfter(before, i + 1, i + 1);
      const joinedAt = state.changedAt;
      const _id = new Types.ObjectId();
      const taken = [state.version];
      const number = numberAfter(userId);
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
  const { isMember, userId, changeId } = one;
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
      $set: { ...state, isMember, joinedAt, changeId, number },
      $push: {
        taken: { $each: [state.version], $slice: -takenKept },
        numbersTaken: { $each: [number], $slice: -takenKept },
      },
    },
  );
  if (matchedCount > 0) results.set(one, made({ userId, number, roomId, isMember }));
  return matchedCount > 0;
}

const unchanged: Result = { status: "fulfilled", value: undefined };

function made(change: Parameters<typeof documentToChange>[0]): Result {
  return { status: "fulfilled", value: documentToChange(change) };
}

function refused(reason: AppError): Result {
  return { status: "rejected", reason };
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
