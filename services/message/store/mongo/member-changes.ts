import { Types } from "mongoose";
import { AppError } from "#common/errors.ts";
import { untilSettled } from "./attempts.ts";
import { barrier } from "./durable.ts";
import { toStoreError } from "./errors.ts";
import { insertInOrder } from "./insert-in-order.ts";
import { type MembershipState, type Mongo, toObjectId } from "./models.ts";

/** A user who is to come into a room, or to go. */
export interface MemberChange {
  roomId: string;
  userId: string;
  isMember: boolean;
  /** Made once: by it an attempt whose answer was lost is recognised. */
  changeId: Types.ObjectId;
}

export function toMemberChange(roomId: string, userId: string, isMember: boolean): MemberChange {
  return { roomId, userId, isMember, changeId: new Types.ObjectId() };
}

/** Whether a change changed anything. */
type Results = Map<MemberChange, boolean>;

/**
 * Makes changes of one room, and answers in their order. Each takes the room's next version,
 * and whoever is second to take it looks again: so every change is made to the state that it
 * was decided on, though nothing is locked.
 */
export async function changeMembers(
  db: Mongo,
  batch: readonly MemberChange[],
): Promise<PromiseSettledResult<boolean>[]> {
  const results: Results = new Map();
  let failure: AppError | undefined;
  try {
    await untilSettled(async ({ check }) => {
      for (;;) {
        const open = batch.filter((one) => !results.has(one));
        if (open.length === 0) return true;
        if (!(await makeNext(db, open, results, check))) return undefined;
      }
    });
  } catch (error) {
    failure = toStoreError(error);
  }
  // One that can't be stored must not fail its neighbours.
  const isByNeighbour = failure?.code === "INTERNAL" && batch.length > 1;
  const settled: PromiseSettledResult<boolean>[] = [];
  for (const one of batch) {
    const value = results.get(one);
    if (value !== undefined) settled.push({ status: "fulfilled", value });
    else if (failure?.code === "ROOM_NOT_FOUND" && !one.isMember) {
      settled.push({ status: "fulfilled", value: false });
    } else if (isByNeighbour) settled.push(...(await changeMembers(db, [one])));
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
  const [room, known, head] = await Promise.all([
    db.rooms.findById(roomId).select({ createdBy: 1 }).lean(),
    db.memberships.find({ roomId, userId: { $in: open.map((it) => it.userId) } }).lean(),
    db.memberships.findOne({ roomId }).sort({ version: -1 }).lean(),
  ]);
  if (!room) throw new AppError("ROOM_NOT_FOUND");
  const byUser = new Map(known.map((it) => [it.userId, it]));
  const isMade = (one: MemberChange) => byUser.get(one.userId)?.changeId.equals(one.changeId);
  if (open.some(isMade)) await barrier(db, roomId);
  for (const one of open) {
    if (isMade(one)) results.set(one, true);
    else if ((byUser.get(one.userId)?.isMember ?? false) === one.isMember) results.set(one, false);
  }
  const left = open.filter((one) => !results.has(one));
  const newcomers = Map.groupBy(
    left.filter((one) => !byUser.has(one.userId)),
    (one) => one.userId,
  );
  const before = head ?? { version: 0, memberCount: 0, createdBy: room.createdBy };
  if (newcomers.size > 0) {
    const changes = [...newcomers.values()].flatMap(([first]) => first ?? []);
    const documents = changes.map(({ userId, changeId }, i) => {
      const state = stateAfter(before, i + 1, i + 1);
      const joinedAt = state.changedAt;
      const _id = new Types.ObjectId();
      return { ...state, _id, roomId, userId, isMember: true, joinedAt, changeId };
    });
    check();
    const count = await insertInOrder(db.memberships, documents);
    for (const one of changes.slice(0, count)) results.set(one, true);
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
  check();
  const { matchedCount } = await db.memberships.updateOne(
    { _id: mine._id, version: mine.version },
    { $set: { ...state, isMember, joinedAt, changeId } },
  );
  if (matchedCount > 0) results.set(one, true);
  return matchedCount > 0;
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
