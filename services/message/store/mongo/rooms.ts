import { type PipelineStage, Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { RoomQuestion } from "../driver.ts";
import { mostRooms, tooManyRooms } from "../room-limits.ts";
import type { MembershipChange, NewRoom, RoomHead, RoomState, RoomView, Slice } from "../store.ts";
import {
  asMembersSee,
  countRooms,
  firstMembership,
  keyOfAsker,
  lastNumbersOf,
  memberFields,
  readMembers,
} from "./members.ts";
import {
  type ListedRow,
  type RoomRow,
  roomToRow,
  rowToChange,
  rowToListedRoom,
  rowToMessage,
  rowToPosition,
  rowToRoom,
} from "./rows.ts";
import { hiddenFields, type MembershipDocument, type Mongo, toObjectId } from "./schema.ts";
import { barrier, type Mutexes, untilSettled } from "./writes.ts";

const membersShown = 100;
type Lookup = Exclude<PipelineStage.Lookup["$lookup"]["pipeline"], undefined>;

/** What belongs to each room in another collection: a look into an index each. */
const lookup = (
  { collection }: Mongo["messages"] | Mongo["memberships"],
  as: string,
  pipeline: Lookup,
) => ({
  $lookup: {
    from: collection.collectionName,
    localField: "_id",
    foreignField: "roomId",
    pipeline,
    as,
  },
});

const withLast = ({ messages }: Mongo) =>
  lookup(messages, "last", [{ $sort: { seq: -1 } }, { $limit: 1 }, { $project: { seq: 1 } }]);

const withLastMessage = ({ messages }: Mongo) =>
  lookup(messages, "last", [{ $sort: { seq: -1 } }, { $limit: 1 }, { $project: hiddenFields }]);

const withChanged = ({ messages }: Mongo) =>
  lookup(messages, "changed", [
    { $match: { revision: { $exists: true } } },
    { $sort: { revision: -1 } },
    { $limit: 1 },
    { $project: { revision: 1 } },
  ]);

const withHead = ({ memberships }: Mongo) =>
  lookup(memberships, "head", [{ $sort: { version: -1 } }, { $limit: 1 }]);

const withMembers = ({ memberships }: Mongo) =>
  lookup(memberships, "members", [
    { $match: { isMember: true } },
    { $sort: { version: 1 } },
    { $limit: membersShown },
    { $project: { userId: 1 } },
  ]);

async function readRooms(db: Mongo, select: PipelineStage[]): Promise<Room[]> {
  return (await readRoomRows<RoomRow>(db, select, withLast(db))).map(rowToRoom);
}

/**
 * Pipelines aren't cast by Mongoose: what stands in `select` has its type already. The last revision
 * is looked at before the last message: so no message is older than the revision says.
 */
async function readRoomRows<R extends RoomRow>(
  db: Mongo,
  select: PipelineStage[],
  last: ReturnType<typeof lookup>,
): Promise<R[]> {
  return db.rooms
    .aggregate<R>([...select, withChanged(db), last, withHead(db), withMembers(db)])
    .readConcern(db.readLevel);
}

/** The membership comes first: a room is never seen without its creator. */
export async function insertRoom(
  db: Mongo,
  users: Mutexes,
  room: NewRoom,
): Promise<{ room: Room; change: MembershipChange }> {
  const { createdBy } = room;
  const createdAt = new Date();
  const _id = new Types.ObjectId();
  const first = firstMembership(_id, createdBy, createdAt);
  const insertMembership = async (check: () => void) => {
    using _user = await users.lock([createdBy]);
    const [held, numbers] = await Promise.all([
      countRooms(db, [createdBy]),
      lastNumbersOf(db, [createdBy]),
    ]);
    if ((held.get(createdBy) ?? 0) >= mostRooms) throw tooManyRooms();
    const number = (numbers.get(createdBy) ?? 0) + 1;
    const membership = { ...first, number, numbersTaken: [number] };
    check();
    await db.memberships.insertMany([membership], { lean: true });
    return membership;
  };
  return untilSettled(async ({ isRepeat, check }) => {
    const stored = isRepeat ? await db.memberships.findById(first._id).lean() : null;
    const membership = stored ?? (await insertMembership(check));
    if (!isRepeat || !(await db.rooms.exists({ _id }))) {
      check();
      await db.rooms.insertMany([roomToRow(_id, room, createdAt)], { lean: true });
    }
    if (isRepeat) await barrier(db, _id);
    return { room: await getRoom(db, membership), change: rowToChange(membership) };
  });
}

async function getRoom(db: Mongo, membership: MembershipDocument): Promise<Room> {
  const [room] = await readRooms(db, [{ $match: { _id: membership.roomId } }]);
  const [seen] = room ? await asMembersSee(db, [{ room, member: membership }]) : [];
  if (!seen) throw new AppError("INTERNAL");
  return seen.room;
}

/** Rooms, and whether those who ask are in them. */
export async function findRooms(
  db: Mongo,
  asked: readonly RoomQuestion[],
): Promise<(RoomView | null)[]> {
  const ids = [...new Set(asked.map(({ roomId }) => roomId))].map(toObjectId);
  const [rooms, members] = await Promise.all([
    readRooms(db, [{ $match: { _id: { $in: ids } } }]),
    readMembers(db, asked),
  ]);
  const byId = new Map(rooms.map((room) => [room.id, room]));
  const found = asked.flatMap((question) => {
    const room = byId.get(question.roomId);
    return room ? [{ question, room, member: members.get(keyOfAsker(question)) }] : [];
  });
  const seen = await asMembersSee(db, found);
  const views = new Map(
    seen.map(({ question, room, member }) => [question, { room, isMember: Boolean(member) }]),
  );
  return asked.map((question) => views.get(question) ?? null);
}

export async function listRoomsOf(db: Mongo, userIds: readonly string[]): Promise<Room[][]> {
  const memberships = await db.memberships
    .find({ userId: { $in: [...userIds] }, isMember: true })
    .sort({ joinedAt: 1, _id: 1 })
    .select(memberFields)
    .lean();
  const ids = new Map(memberships.map(({ roomId }) => [roomId.toHexString(), roomId]));
  const rows = await readRoomRows<ListedRow>(
    db,
    [{ $match: { _id: { $in: [...ids.values()] } } }],
    withLastMessage(db),
  );
  const byId = new Map(rows.map((row) => [row._id.toHexString(), rowToListedRoom(row)]));
  const listed = memberships.flatMap((member) => {
    const room = byId.get(member.roomId.toHexString());
    const isHidden = room && member.hiddenSeq !== undefined && member.hiddenSeq >= room.lastSeq;
    return room && !isHidden ? [{ room, member }] : [];
  });
  const seen = await asMembersSee(db, listed);
  const byUser = Map.groupBy(seen, ({ member }) => member.userId);
  return userIds.map((userId) =>
    (byUser.get(userId) ?? []).slice(0, mostRooms).map(({ room }) => room),
  );
}

export async function listPublicRooms(
  db: Mongo,
  userId: string,
  { offset, limit }: Slice,
): Promise<{ rooms: Room[]; total: number }> {
  const [rooms, total] = await Promise.all([
    readRooms(db, [
      { $match: { roomType: RoomType.PUBLIC } },
      { $sort: { createdAt: 1, _id: 1 } },
      { $skip: offset },
      { $limit: limit },
    ]),
    db.rooms.countDocuments({ roomType: RoomType.PUBLIC }),
  ]);
  const members = await readMembers(
    db,
    rooms.map(({ id }) => ({ roomId: id, userId })),
  );
  const found = rooms.map((room) => {
    return { room, member: members.get(keyOfAsker({ roomId: room.id, userId })) };
  });
  const seen = await asMembersSee(db, found);
  return { rooms: seen.map(({ room }) => room), total };
}

export async function listPositions(
  db: Mongo,
  roomIds: readonly string[],
): Promise<Map<string, RoomHead>> {
  const rows = await db.rooms
    .aggregate<Pick<RoomRow, "_id" | "last" | "changed" | "head" | "createdBy">>([
      { $match: { _id: { $in: roomIds.map(toObjectId) } } },
      { $project: { createdBy: 1 } },
      withLast(db),
      withChanged(db),
      withHead(db),
    ])
    .readConcern(db.readLevel);
  return new Map(
    rows.map((row) => {
      const createdBy = row.head[0]?.createdBy ?? row.createdBy;
      return [row._id.toHexString(), { ...rowToPosition(row), createdBy }];
    }),
  );
}

export async function listRoomStates(db: Mongo, roomIds: readonly string[]): Promise<RoomState[]> {
  const rows = await db.rooms
    .aggregate<Pick<ListedRow, "_id" | "last" | "changed">>([
      { $match: { _id: { $in: roomIds.map(toObjectId) } } },
      { $project: { _id: 1 } },
      withChanged(db),
      withLastMessage(db),
    ])
    .readConcern(db.readLevel);
  return rows.map((row) => {
    const [last] = row.last;
    const roomId = row._id.toHexString();
    return { roomId, ...rowToPosition(row), lastMessage: last && rowToMessage(last) };
  });
}
