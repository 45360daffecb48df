import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { AppError } from "#contract/errors.ts";
import { newId } from "../ids.ts";
import { pairOf } from "../pairs.ts";
import type { MembershipChange, OpenedRoom } from "../store.ts";
import { addMembers, loggedOf } from "./member-changes.ts";
import { findRooms } from "./rooms.ts";
import { type Database, directRoom } from "./schema.ts";

type Db = Kysely<Database>;

/** Whether the other user of a direct room has blocked this one. */
export const isBlockedIn = (roomId: string, userId: string) => sql`exists (
  select from message.direct_members d
  join message.blocks b on b.user_id = d.peer_id and b.blocked_id = d.user_id
  where d.room_id = ${sql.raw(roomId)} and d.user_id = ${sql.raw(userId)})`;

/**
 * Brings the rooms of `bumped` into the lists of those from whom they are hidden. What is locked,
 * after the rooms, is the newest: nobody hides a room from a message unseen.
 */
export const shownByMessages = sql`
  sides as materialized (
    select d.* from locked join message.direct_members d on d.room_id = locked.id for update of d
  ),
  shown as (
    update message.direct_members d set hidden_seq = null
    from sides join bumped on bumped.id = sides.room_id
    where sides.hidden_seq is not null and d.room_id = sides.room_id and d.user_id = sides.user_id
    returning d.room_id, d.user_id
  ),
  ${loggedOf("shown", true)}`;

/**
 * Whoever is second to open the room of a pair waits for the first by the unique index, and goes
 * on from what that has made.
 */
export function openDirectRoom(db: Db, userId: string, peerId: string): Promise<OpenedRoom> {
  const pair = pairOf(userId, peerId);
  return db.transaction().execute(async (trx) => {
    const { rows: inserted } = await sql`
      insert into message.rooms (id, name, room_type, created_by, pair)
      values (${newId()}, '', ${directRoom}, ${userId}, ${pair})
      on conflict (pair) where pair is not null do nothing returning id`.execute(trx);
    const { rows } = await sql<{ id: string; isBlocked: boolean }>`
      select id, exists (select from message.blocks
        where user_id = ${peerId} and blocked_id = ${userId}) as "isBlocked"
      from message.rooms where pair = ${pair} for update`.execute(trx);
    const [room] = rows;
    if (!room) throw new AppError("INTERNAL");
    if (room.isBlocked) throw new AppError("BLOCKED");
    const asked = { roomId: room.id, userId };
    await sql`
      insert into message.direct_members (room_id, user_id, peer_id, hidden_seq)
      values (${room.id}, ${userId}, ${peerId}, null), (${room.id}, ${peerId}, ${userId}, 0)
      on conflict do nothing`.execute(trx);
    const [added] = await addMembers(trx, [{ ...asked, byUserId: undefined }]);
    if (added?.status === "rejected") throw added.reason;
    await addPeer(trx, room.id, peerId);
    const change = added?.value ?? (await show(trx, asked));
    const [view] = await findRooms(trx.withoutPlugins(), [asked]);
    if (!view) throw new AppError("INTERNAL");
    return { room: view.room, isNew: inserted.length > 0, change };
  });
}

const selectDirectRooms = statement(
  (_: Db, given: Given<{ userIds: string[] }>) => sql<{ roomId: string }>`
    select distinct d.room_id as "roomId" from message.memberships m
    join message.direct_members d on d.room_id = m.room_id and d.user_id = m.user_id
    where m.user_id = any(${given("userIds")}::text[])`,
);

export async function directRoomsOf(db: Db, userIds: readonly string[]): Promise<string[]> {
  const rows = await selectDirectRooms(db, { userIds: [...userIds] });
  return rows.map(({ roomId }) => roomId);
}

/** Nobody is notified: the room is hidden from them. */
async function addPeer(db: Db, roomId: string, userId: string): Promise<void> {
  await sql`
    with added as (
      insert into message.memberships (room_id, user_id) values (${roomId}, ${userId})
      on conflict do nothing returning room_id
    )
    update message.rooms r set member_count = r.member_count + 1 from added
    where r.id = added.room_id`.execute(db);
}

interface Side {
  roomId: string;
  userId: string;
}

async function show(db: Db, { roomId, userId }: Side): Promise<MembershipChange | undefined> {
  const { rows } = await sql<{ number: number }>`
    with shown as (
      update message.direct_members set hidden_seq = null
      where room_id = ${roomId} and user_id = ${userId} and hidden_seq is not null
      returning room_id, user_id
    ),
    ${loggedOf("shown", true)}
    select number from logged`.execute(db);
  return rows[0] && { userId, roomId, isMember: true, number: rows[0].number };
}

const hide = statement(
  (_: Db, given: Given<Side>) => sql<{ number: number }>`
    with locked as materialized (
      select id, last_seq from message.rooms where id = ${given("roomId")}::text for update
    ),
    gone as (
      update message.direct_members d set hidden_seq = last_seq from locked
      where d.room_id = locked.id and d.user_id = ${given("userId")}::text
        and (d.hidden_seq is null or d.hidden_seq < last_seq)
      returning d.room_id, d.user_id
    ),
    ${loggedOf("gone", false)}
    select number from logged`,
);

export async function hideRoom(
  db: Db,
  roomId: string,
  userId: string,
): Promise<MembershipChange[]> {
  const rows = await hide(db, { roomId, userId });
  return rows.map(({ number }) => ({ userId, roomId, isMember: false, number }));
}
