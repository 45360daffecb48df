import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { AppError } from "#contract/errors.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { newId } from "../ids.ts";
import { mostRooms } from "../room-limits.ts";
import type { MembershipChange, NewRoom, RoomPosition, Slice } from "../store.ts";
import { addMembers } from "./member-changes.ts";
import { roomToRow, rowToRoom } from "./rows.ts";
import { type Database, roomColumns } from "./schema.ts";

const membersShown = 100;

/** The columns of a room, with its first members. */
function withColumns<O>(query: SelectQueryBuilder<Database, "rooms", O>) {
  return query.select((eb) => [
    ...roomColumns.map((column) => `rooms.${column}` as const),
    sql<string[]>`array(${eb
      .selectFrom("memberships")
      .select("memberships.userId")
      .whereRef("memberships.roomId", "=", "rooms.id")
      .orderBy("memberships.position")
      .limit(membersShown)})`.as("members"),
  ]);
}

export async function insertRoom(
  db: Kysely<Database>,
  room: NewRoom,
): Promise<{ room: Room; change: MembershipChange }> {
  const id = newId();
  return db.transaction().execute(async (trx) => {
    await trx.insertInto("rooms").values(roomToRow(id, room)).execute();
    const member = { roomId: id, userId: room.createdBy, byUserId: undefined };
    const [added] = await addMembers(trx, [member]);
    if (added?.status === "rejected") throw added.reason;
    if (!added?.value) throw new AppError("INTERNAL");
    const row = await withColumns(trx.selectFrom("rooms"))
      .where("rooms.id", "=", id)
      .executeTakeFirstOrThrow(() => new AppError("INTERNAL"));
    return { room: rowToRoom(row), change: added.value };
  });
}

/** A room, and those of the users who are in it. */
export async function findRoom(
  db: Kysely<Database>,
  roomId: string,
  userIds: readonly string[],
): Promise<{ room: Room; members: Set<string> } | undefined> {
  const row = await withColumns(db.selectFrom("rooms"))
    .select((eb) =>
      sql<string[]>`array(${eb
        .selectFrom("memberships")
        .select("memberships.userId")
        .where("memberships.roomId", "=", roomId)
        .where("memberships.userId", "=", sql<string>`any(${[...userIds]}::text[])`)})`.as(
        "present",
      ),
    )
    .where("rooms.id", "=", roomId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { present, ...room } = row;
  return { room: rowToRoom(room), members: new Set(present) };
}

export async function listRoomsOf(db: Kysely<Database>, userId: string): Promise<Room[]> {
  const rows = await withColumns(db.selectFrom("rooms"))
    .innerJoin("memberships as mine", "mine.roomId", "rooms.id")
    .where("mine.userId", "=", userId)
    .orderBy("mine.position")
    .limit(mostRooms)
    .execute();
  return rows.map(rowToRoom);
}

export async function listPublicRooms(
  db: Kysely<Database>,
  { offset, limit }: Slice,
): Promise<{ rooms: Room[]; total: number }> {
  const [rows, counted] = await Promise.all([
    withColumns(db.selectFrom("rooms"))
      .where("rooms.roomType", "=", RoomType.PUBLIC)
      .orderBy("rooms.createdAt")
      .orderBy("rooms.id")
      .offset(offset)
      .limit(limit)
      .execute(),
    db
      .selectFrom("rooms")
      .select(({ fn }) => fn.countAll<string>().as("total"))
      .where("roomType", "=", RoomType.PUBLIC)
      .executeTakeFirst(),
  ]);
  return { rooms: rows.map(rowToRoom), total: Number(counted?.total ?? 0) };
}

export async function listPositions(
  db: Kysely<Database>,
  roomIds: readonly string[],
): Promise<Map<string, RoomPosition>> {
  const rows = await db
    .selectFrom("rooms")
    .select(["id", "lastSeq"])
    .where(({ eb, ref }) => eb(ref("id"), "=", sql<string>`any(${[...roomIds]}::text[])`))
    .execute();
  return new Map(rows.map(({ id, ...position }) => [id, position]));
}
