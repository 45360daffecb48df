import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { newId } from "../ids.ts";
import type { Database } from "./schema.ts";

export const schema = "message";

/** Migrations run exactly once however many processes start, and so is `general` created. */
export const migrations: Record<string, Migration> = {
  "0001-rooms-and-messages": { up: createTables },
  "0002-membership-changes": { up: createMembershipChanges },
  "0003-membership-log": { up: createMembershipLog },
};

async function createTables(db: Kysely<Database>): Promise<void> {
  // Every batch of messages updates its rooms: free space on the page keeps that cheap.
  await sql`
    create table message.rooms (
      id text collate "C" primary key,
      name text not null,
      description text,
      room_type smallint not null,
      created_by text not null,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      last_seq integer not null default 0,
      member_count integer not null default 0,
      membership_version integer not null default 0
    ) with (fillfactor = 50)`.execute(db);
  await sql`
    create index rooms_public on message.rooms (created_at, id)
    where room_type = ${sql.lit(RoomType.PUBLIC)}`.execute(db);
  await sql`
    create table message.memberships (
      room_id text collate "C" not null references message.rooms on delete cascade,
      user_id text collate "C" not null,
      joined_at timestamptz(3) not null default now(),
      position bigint generated always as identity,
      primary key (room_id, user_id)
    )`.execute(db);
  await sql`create index memberships_order on message.memberships (room_id, position)`.execute(db);
  await sql`create index memberships_of_user on message.memberships (user_id, position)`.execute(
    db,
  );
  // No foreign key to rooms: the one statement that inserts has locked them.
  await sql`
    create table message.messages (
      room_id text collate "C" not null,
      seq integer not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      username text not null,
      content text not null,
      message_type smallint not null,
      metadata text,
      send_key text collate "C" not null,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      primary key (room_id, seq),
      constraint messages_sent_once unique (room_id, user_id, send_key)
    )`.execute(db);
  await sql`
    insert into message.rooms (id, name, description, room_type, created_by)
    values (${sql.lit(newId())}, 'general', 'General discussion room',
      ${sql.lit(RoomType.PUBLIC)}, 'system')`.execute(db);
}

/** What instances without Redis find out about each other's changes; kept for a minute. */
async function createMembershipChanges(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message.membership_changes (
      id bigint generated always as identity primary key,
      room_id text collate "C" not null,
      user_id text collate "C" not null,
      is_member boolean not null,
      at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
  await sql`create index membership_changes_at on message.membership_changes (at)`.execute(db);
}

/**
 * Each user's numbered log of memberships: the number of their last change, and of each of their
 * rooms the last change. Memberships that are there already get numbers in the order of joining.
 * `membership_changes` and `rooms.membership_version` stay, unread, for instances of the version
 * before, which may go on running while an update rolls.
 */
async function createMembershipLog(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message.membership_counters (
      user_id text collate "C" primary key,
      last_number integer not null
    ) with (fillfactor = 70)`.execute(db);
  await sql`
    create table message.membership_log (
      user_id text collate "C" not null,
      room_id text collate "C" not null,
      number integer not null,
      is_member boolean not null,
      primary key (user_id, room_id),
      unique (user_id, number)
    )`.execute(db);
  await sql`
    insert into message.membership_log (user_id, room_id, number, is_member)
    select user_id, room_id, row_number() over (partition by user_id order by position), true
    from message.memberships`.execute(db);
  await sql`
    insert into message.membership_counters (user_id, last_number)
    select user_id, max(number) from message.membership_log group by user_id`.execute(db);
}
