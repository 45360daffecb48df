import { Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { mostRoomsFor, tooManyRooms } from "../room-limits.ts";
import { untilSettled } from "./attempts.ts";
import { barrier } from "./durable.ts";
import { toStoreError } from "./errors.ts";
import { insertInOrder } from "./insert-in-order.ts";
import { countRooms } from "./memberships.ts";
import { type MembershipState, type Mongo, toObjectId } from "./models.ts";

/** A user who is to come into a room, or to go. */
export interface MemberChange {
  roomId: string;
  userId: string;
  isMember: boolean;
  /** Who adds him, and has to be a member; undefined: he comes, or goes, by himself. */
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
 * Versions that a membership has taken stay taken, or whoever decided on an old state could
 * take one that its membership has gone on from. So many changes of one user while another
 * change is being made are not to be expected.
 */
const versionsKept = 50;

/** Whether a change changed anything, or why it may not be made. */
type Results = Map<MemberChange, PromiseSettledResult<boolean>>;

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
    const result = results.get(one);
    if (result) settled.push(result);
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
  const adders = open.flatMap(({ byUserId }) => byUserId ?? []);
  const users = [...open.map((it) => it.userId), ...adders];
  const newcomerIds = open.flatMap((one) => (one.isMember ? one.userId : []));
  const reading = db.memberships.findOne({ roomId }).sort({ version: -1 }).lean().exec();
  // Those who add are read after the head: if one goes then, he takes the version that we need.
  if (adders.length > 0) await reading;
  const [head, room, known, held] = await Promise.all([
    reading,
    db.rooms.findById(roomId).select({ createdBy: 1 }).lean(),
    db.memberships.find({ roomId, userId: { $in: users } }).lean(),
    countRooms(db, newcomerIds),
  ]);
  if (!room) throw new AppError("ROOM_NOT_FOUND");
  const byUser = new Map(known.map((it) => [it.userId, it]));
  const isIn = (userId: string) => byUser.get(userId)?.isMember ?? false;
  const isMade = (one: MemberChange) => byUser.get(one.userId)?.changeId.equals(one.changeId);
  const judge = (one: MemberChange): PromiseSettledResult<boolean> | undefined => {
    const { userId, isMember, byUserId } = one;
    if (isMade(one)) return made;
    if (byUserId !== undefined && !isIn(byUserId)) return refused(new AppError("ROOM_NOT_FOUND"));
    if (isIn(userId) === isMember) return { status: "fulfilled", value: false };
    const isFull = isMember && (held.get(userId) ?? 0) >= mostRoomsFor(byUserId);
    return isFull ? refused(tooManyRooms()) : undefined;
  };
  if (open.some(isMade)) await barrier(db, roomId);
  for (const one of open) {
    const result = judge(one);
    if (result) results.set(one, result);
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
      const taken = [state.version];
      return { ...state, _id, roomId, userId, isMember: true, joinedAt, changeId, taken };
    });
    check();
    const count = await insertInOrder(db.memberships, documents);
    for (const one of changes.slice(0, count)) results.set(one, made);
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
    {
      $set: { ...state, isMember, joinedAt, changeId },
      $push: { taken: { $each: [state.version], $slice: -versionsKept } },
    },
  );
  if (matchedCount > 0) results.set(one, made);
  return matchedCount > 0;
}

const made = { status: "fulfilled", value: true } as const;

function refused(reason: AppError): PromiseSettledResult<boolean> {
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
