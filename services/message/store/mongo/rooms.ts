import { type PipelineStage, Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { mostRooms, tooManyRooms } from "../room-limits.ts";
import type { MembershipChange, NewRoom, RoomPosition, Slice } from "../store.ts";
import { countRooms, firstMembership, lastNumbersOf, listMembersAmong } from "./members.ts";
import { type RoomRow, roomToRow, rowToChange, rowToRoom } from "./rows.ts";
import { type Mongo, toObjectId } from "./schema.ts";
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

const withHead = ({ memberships }: Mongo) =>
  lookup(memberships, "head", [{ $sort: { version: -1 } }, { $limit: 1 }]);

const withMembers = ({ memberships }: Mongo) =>
  lookup(memberships, "members", [
    { $match: { isMember: true } },
    { $sort: { version: 1 } },
    { $limit: membersShown },
    { $project: { userId: 1 } },
  ]);

/** Pipelines aren't cast by Mongoose: what stands in `select` has its type already. */
async function readRooms(db: Mongo, select: PipelineStage[]): Promise<Room[]> {
  const rows = await db.rooms
    .aggregate<RoomRow>([...select, withLast(db), withHead(db), withMembers(db)])
    .readConcern(db.readLevel);
  return rows.map(rowToRoom);
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
    return { room: await getRoom(db, _id), change: rowToChange(membership) };
  });
}

async function getRoom(db: Mongo, _id: Types.ObjectId): Promise<Room> {
  const [room] = await readRooms(db, [{ $match: { _id } }]);
  if (!room) throw new AppError("INTERNAL");
  return room;
}

/** A room, and those of the users who are in it. */
export async function findRoom(
  db: Mongo,
  roomId: string,
  userIds: readonly string[],
): Promise<{ room: Room; members: Set<string> } | undefined> {
  const [[room], members] = await Promise.all([
    readRooms(db, [{ $match: { _id: toObjectId(roomId) } }]),
    listMembersAmong(db, roomId, userIds),
  ]);
  return room && { room, members };
}

export async function listRoomsOf(db: Mongo, userId: string): Promise<Room[]> {
  const memberships = await db.memberships
    .find({ userId: { $eq: userId }, isMember: true })
    .sort({ joinedAt: 1, _id: 1 })
    .limit(mostRooms)
    .select({ roomId: 1, _id: 0 })
    .lean();
  const ids = memberships.map(({ roomId }) => roomId);
  const rooms = await readRooms(db, [{ $match: { _id: { $in: ids } } }]);
  const byId = new Map(rooms.map((room) => [room.id, room]));
  return ids.flatMap((id) => byId.get(id.toHexString()) ?? []);
}

export async function listPublicRooms(
  db: Mongo,
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
  return { rooms, total };
}

export async function listPositions(
  db: Mongo,
  roomIds: readonly string[],
): Promise<Map<string, RoomPosition>> {
  const rows = await db.rooms
    .aggregate<Pick<RoomRow, "_id" | "last">>([
      { $match: { _id: { $in: roomIds.map(toObjectId) } } },
      { $project: { _id: 1 } },
      withLast(db),
    ])
    .readConcern(db.readLevel);
  return new Map(rows.map(({ _id, last }) => [_id.toHexString(), { lastSeq: last[0]?.seq ?? 0 }]));
}
