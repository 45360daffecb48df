import { Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { type ChangeResult, type PendingChange, rejected } from "../driver.ts";
import { mostRoomsFor, tooManyRooms } from "../room-limits.ts";
import { findLastSeq } from "./last-seq.ts";
import { countRooms, lastNumbersOf } from "./members.ts";
import { type ChangeRow, rowToChange } from "./rows.ts";
import { type MembershipDocument, type MembershipState, type Mongo, toObjectId } from "./schema.ts";
import { barrier, insertInOrder, type Mutexes, untilSettled } from "./writes.ts";

/**
 * Versions and numbers that a membership has taken stay taken, or whoever decided on an old
 * state could take one that its membership has gone on from. So many changes of one user while
 * another change is being made are not to be expected.
 */
const takenKept = 50;

/** Of a view the membership stays: its direct room is only hidden from the member, or shown again. */
export type Change = PendingChange & { isOfView?: true };

type Results = Map<Change, ChangeResult>;

/**
 * Makes changes of one room, and answers in their order. Each takes the room's next version and
 * its user's next number, and whoever is second to take either looks again: so every change is
 * made to the state that it was decided on, and numbers appear in their order.
 * @param users spares changes of one user in several rooms to collide within this process
 */
export async function changeMembers(
  db: Mongo,
  users: Mutexes,
  batch: readonly Change[],
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

/** What changes of one room are decided on. */
interface Basis {
  roomId: Types.ObjectId;
  /** What the room is now. */
  room: Omit<MembershipState, "changedAt">;
  /** The memberships of all who are concerned, also those that have ended. */
  memberships: Map<string, MembershipDocument>;
  /** In how many rooms those are who are to come in. */
  held: Map<string, number>;
  /** The last number of each user's log. */
  numbers: Map<string, number>;
  /** The room's last message: who comes in has read everything before. */
  lastSeq: number;
}

/**
 * Decides what can be decided and writes once: one who has been here before, or all who haven't.
 * Answers false where another was faster.
 */
async function makeNext(
  db: Mongo,
  open: readonly Change[],
  results: Results,
  check: () => void,
): Promise<boolean> {
  const roomId = toObjectId(open[0]?.roomId ?? "");
  const basis = await readBasis(db, roomId, open);
  if (basis && open.some((one) => findMade(basis, one))) await barrier(db, roomId);
  for (const one of open) {
    const result = judge(basis, one);
    if (result) results.set(one, result);
  }
  const left = open.filter((one) => !results.has(one));
  const [next] = left;
  if (!basis || !next) return true;
  const membership = basis.memberships.get(next.userId);
  if (membership) return changeMembership(db, basis, membership, next, results, check);
  const newcomers = new Map<string, Change>();
  for (const one of left) {
    const isFirst = !basis.memberships.has(one.userId) && !newcomers.has(one.userId);
    if (isFirst) newcomers.set(one.userId, one);
  }
  return addNewcomers(db, basis, [...newcomers.values()], results, check);
}

/** Undefined where there is no room. */
async function readBasis(
  db: Mongo,
  roomId: Types.ObjectId,
  open: readonly Change[],
): Promise<Basis | undefined> {
  const userIds = [...new Set(open.map(({ userId }) => userId))];
  const adders = open.flatMap(({ byUserId }) => byUserId ?? []);
  const joining = open.flatMap(({ isMember, userId }) => (isMember ? userId : []));
  const reading = db.memberships.findOne({ roomId }).sort({ version: -1 }).lean().exec();
  // Those who add are read after the head: if one leaves then, that takes the version we need.
  if (adders.length > 0) await reading;
  const [head, room, known, held, numbers, lastSeq] = await Promise.all([
    reading,
    db.rooms.findById(roomId).select({ createdBy: 1 }).lean(),
    db.memberships.find({ roomId, userId: { $in: [...userIds, ...adders] } }).lean(),
    countRooms(db, joining),
    lastNumbersOf(db, userIds),
    joining.length > 0 || open.some((one) => one.isOfView) ? findLastSeq(db, roomId) : 0,
  ]);
  if (!room) return undefined;
  return {
    roomId,
    room: head ?? { version: 0, memberCount: 0, createdBy: room.createdBy },
    memberships: new Map(known.map((it) => [it.userId, it])),
    held,
    numbers,
    lastSeq,
  };
}

/** The result of a change that needs no write. */
function judge(basis: Basis | undefined, one: Change): ChangeResult | undefined {
  const { userId, isMember, byUserId } = one;
  if (!basis) return isMember ? rejected(new AppError("ROOM_NOT_FOUND")) : unchanged;
  const madeBefore = findMade(basis, one);
  if (madeBefore) return made(madeBefore);
  if (one.isOfView) return isSeenSo(basis, one) ? unchanged : undefined;
  const isIn = (id: string) => basis.memberships.get(id)?.isMember ?? false;
  if (byUserId !== undefined && !isIn(byUserId)) return rejected(new AppError("ROOM_NOT_FOUND"));
  if (isIn(userId) === isMember) return unchanged;
  const isFull = isMember && (basis.held.get(userId) ?? 0) >= mostRoomsFor(byUserId);
  return isFull ? rejected(tooManyRooms()) : undefined;
}

/** Whether a direct room is in a member's list already, and known to be, or isn't. */
function isSeenSo({ memberships, lastSeq }: Basis, { userId, isMember }: Change): boolean {
  const membership = memberships.get(userId);
  if (!membership?.isMember) return true;
  const { hiddenSeq } = membership;
  return isMember ? hiddenSeq === undefined : hiddenSeq !== undefined && hiddenSeq >= lastSeq;
}

/** The membership, if the change has been made by an attempt whose answer was lost. */
function findMade({ memberships }: Basis, { userId, id }: Change) {
  const membership = memberships.get(userId);
  return membership?.changeId.equals(id) ? membership : undefined;
}

async function addNewcomers(
  db: Mongo,
  { roomId, room, numbers, lastSeq }: Basis,
  newcomers: readonly Change[],
  results: Results,
  check: () => void,
): Promise<boolean> {
  const documents = newcomers.map(({ userId, id }, i) => {
    const state = stateAfter(room, i + 1, i + 1);
    const number = (numbers.get(userId) ?? 0) + 1;
    return {
      ...state,
      _id: new Types.ObjectId(),
      roomId,
      userId,
      isMember: true,
      joinedAt: state.changedAt,
      readSeq: lastSeq,
      changeId: toObjectId(id),
      taken: [state.version],
      number,
      numbersTaken: [number],
    };
  });
  check();
  const count = await insertInOrder(db.memberships, documents);
  for (const [i, document] of documents.slice(0, count).entries()) {
    const one = newcomers[i];
    if (one) results.set(one, made(document));
  }
  return count === documents.length;
}

async function changeMembership(
  db: Mongo,
  { roomId, room, numbers, lastSeq }: Basis,
  { _id, version }: MembershipDocument,
  one: Change,
  results: Results,
  check: () => void,
): Promise<boolean> {
  const { userId, isMember, isOfView } = one;
  const members = isMember ? 1 : -1;
  const state = stateAfter(room, 1, isOfView ? 0 : members);
  if (!isMember && !isOfView && state.createdBy === userId) {
    state.createdBy = (await findOldest(db, roomId, userId)) ?? userId;
  }
  const number = (numbers.get(userId) ?? 0) + 1;
  const joined = isMember && { joinedAt: state.changedAt, readSeq: lastSeq };
  const membership = isOfView ? !isMember && { hiddenSeq: lastSeq } : { isMember, ...joined };
  const unset = isOfView ? { hiddenSeq: 1 } : { notify: 1 };
  check();
  const { matchedCount } = await db.memberships.updateOne(
    { _id, version },
    {
      $set: { ...state, ...membership, changeId: toObjectId(one.id), number },
      ...(isMember && { $unset: unset }),
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

function made(change: ChangeRow): ChangeResult {
  return { status: "fulfilled", value: rowToChange(change) };
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
