import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { AppError } from "#contract/errors.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { RoomQuestion } from "../driver.ts";
import { newId } from "../ids.ts";
import { mostRooms } from "../room-limits.ts";
import { asSeenBy } from "../room-view.ts";
import type { MembershipChange, NewRoom, RoomHead, RoomView, Slice } from "../store.ts";
import { addMembers } from "./member-changes.ts";
import {
  type AskerState,
  type Askers,
  askersOf,
  type MemberStateRow,
  memberColumns,
  rowToMember,
  statesOfAskers,
} from "./members.ts";
import { listRanges } from "./messages.ts";
import { roomToRow, rowToRoom } from "./rows.ts";
import { type Database, directRoom, publicRoom, type RoomRow, roomColumns } from "./schema.ts";

type Db = Kysely<Database>;

export async function insertRoom(
  db: Db,
  room: NewRoom,
): Promise<{ room: Room; change: MembershipChange }> {
  const id = newId();
  return db.transaction().execute(async (trx) => {
    await trx.insertInto("rooms").values(roomToRow(id, room)).execute();
    const member = { roomId: id, userId: room.createdBy, byUserId: undefined };
    const [added] = await addMembers(trx, [member]);
    if (added?.status === "rejected") throw added.reason;
    const [view] = await findRooms(trx.withoutPlugins(), [member]);
    if (!added?.value || !view) throw new AppError("INTERNAL");
    return { room: view.room, change: added.value };
  });
}

const selectRooms = statement(
  (_: Db, given: Given<Askers>) =>
    sql<RoomRow & { states: AskerState[] | null }>`
      with here as (${statesOfAskers(given)})
      select ${roomColumns}, states
      from message.rooms r left join here on here.room_id = r.id
      where r.id = any(${given("roomIds")}::text[])`,
);

/** Rooms, and whether those who ask are in them. */
export async function findRooms(
  db: Db,
  asked: readonly RoomQuestion[],
): Promise<(RoomView | null)[]> {
  const rows = await selectRooms(db, askersOf(asked));
  const byId = new Map(
    rows.map((row) => {
      const states = new Map((row.states ?? []).map((it) => [it.userId, rowToMember(it)]));
      return [row.id, { room: rowToRoom(row), states }];
    }),
  );
  return asked.map(({ roomId, userId }) => {
    const found = byId.get(roomId);
    if (!found) return null;
    const member = found.states.get(userId);
    return { room: asSeenBy(userId, found.room, member), isMember: member !== undefined };
  });
}

const selectRoomsOf = statement(
  (_: Db, given: Given<{ userIds: string[] }>) =>
    sql<RoomRow & MemberStateRow & { i: number }>`
      select i::int, mine.* from unnest(${given("userIds")}::text[]) with ordinality as asked (id, i)
      cross join lateral (
        select ${roomColumns}, ${memberColumns}, m.position
        from message.memberships m join message.rooms r on r.id = m.room_id
        where m.user_id = asked.id and not (room_type = ${directRoom} and exists (
          select from message.direct_members d
          where d.room_id = r.id and d.user_id = m.user_id and d.hidden_seq >= r.last_seq))
        order by m.position limit ${sql.lit(mostRooms)}
      ) as mine
      order by i, position`,
);

export async function listRoomsOf(db: Db, userIds: readonly string[]): Promise<Room[][]> {
  const rows = await selectRoomsOf(db, { userIds: [...userIds] });
  const heads = new Map(rows.map((row) => [row.id, row]));
  const begun = [...heads.values()].filter((row) => row.lastSeq > 0);
  const lastOf = ({ id, lastSeq }: RoomRow) => ({ roomId: id, from: lastSeq, to: lastSeq });
  const last = await listRanges(db, begun.map(lastOf));
  const lastMessages = new Map(begun.map(({ id }, i) => [id, last[i]?.[0]]));
  const lists = userIds.map((): Room[] => []);
  for (const row of rows) {
    const room = asSeenBy(userIds[row.i - 1] ?? "", rowToRoom(row), rowToMember(row));
    lists[row.i - 1]?.push({ ...room, lastMessage: lastMessages.get(row.id) });
  }
  return lists;
}

const selectPublicRooms = statement(
  (_: Db, given: Given<Slice & { userId: string }>) =>
    sql<RoomRow & (MemberStateRow | { joinedAt: null })>`
      select ${roomColumns}, ${memberColumns}
      from message.rooms r
      left join message.memberships m on m.room_id = r.id and m.user_id = ${given("userId")}
      where r.room_type = ${publicRoom}
      order by r.created_at, r.id offset ${given("offset")} limit ${given("limit")}`,
);

const countPublicRooms = statement(
  (_: Db) =>
    sql<{ total: number }>`
      select count(*)::int as total from message.rooms where room_type = ${publicRoom}`,
);

export async function listPublicRooms(
  db: Db,
  userId: string,
  slice: Slice,
): Promise<{ rooms: Room[]; total: number }> {
  const [rows, [counted]] = await Promise.all([
    selectPublicRooms(db, { ...slice, userId }),
    countPublicRooms(db, {}),
  ]);
  const rooms = rows.map((row) => {
    const member = row.joinedAt === null ? undefined : rowToMember(row);
    return asSeenBy(userId, rowToRoom(row), member);
  });
  return { rooms, total: counted?.total ?? 0 };
}

const selectPositions = statement(
  (_: Db, given: Given<{ roomIds: string[] }>) =>
    sql<RoomHead & { id: string }>`
      select id, last_seq as "lastSeq", last_revision as "lastRevision",
        created_by as "createdBy" from message.rooms
      where id = any(${given("roomIds")}::text[])`,
);

export async function listPositions(
  db: Db,
  roomIds: readonly string[],
): Promise<Map<string, RoomHead>> {
  const rows = await selectPositions(db, { roomIds: [...roomIds] });
  return new Map(rows.map(({ id, ...position }) => [id, position]));
}
