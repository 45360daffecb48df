import { type Kysely, sql } from "kysely";
import type { Migrations } from "#common/migrations.ts";
import { createIndexText, type NeededIndex } from "#common/postgres-indexes.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { newId } from "../ids.ts";
import { type Database, searchKeys } from "./schema.ts";

export const schema = "message";

/** Migrations run exactly once however many processes start, and so is `general` created. */
export const migrations: Migrations = {
  first: {
    "0001-rooms-and-messages": { up: createTables },
    "0002-membership-changes": { up: createMembershipChanges },
    "0003-membership-log": { up: createMembershipLog },
  },
  later: {
    "0004-revisions": { up: addRevisions },
    "0005-read-state": { up: addReadState },
    "0006-blocks": { up: createBlocks },
    "0007-threads": { up: addThreads },
    "0008-presence": { up: createPresences },
    "0009-direct-rooms": { up: addDirectRooms },
    "0010-search": { up: addSearch },
    "0013-mentions": { up: createMentions },
    "0014-search-positions": { up: addSearchPositions },
    "0015-search-batches": { up: growSearchBatches },
  },
};

/** Of tables that may be large: made when all migrations have run, or with an empty table. */
export const indexes: readonly NeededIndex[] = [
  {
    name: "message.messages_by_revision",
    table: "message.messages",
    isUnique: true,
    on: "(room_id, revision) where revision > 0",
  },
  {
    name: "message.messages_pinned",
    table: "message.messages",
    on: "(room_id, pinned_at) where pinned_at is not null",
  },
  {
    name: "message.messages_by_thread",
    table: "message.messages",
    on: "(room_id, thread_seq, seq) where thread_seq is not null",
  },
];
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

/**
 * What changes of messages need, beside columns of theirs. Each table is locked for a moment, for
 * which nobody waits long: where others hold it, the start tries again.
 */
async function addRevisions(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`alter table message.rooms add column last_revision integer not null default 0`.execute(
    db,
  );
  await sql`
    create table message.reactions (
      room_id text collate "C" not null,
      seq integer not null,
      emoji text collate "C" not null,
      user_id text collate "C" not null,
      revision integer not null,
      primary key (room_id, seq, emoji, user_id)
    )`.execute(db);
  await sql`
    create index reactions_order on message.reactions (room_id, seq, emoji, revision)`.execute(db);
}

/**
 * What members have read. Memberships that are there already have read what their room had by
 * then, which is kept once for each room; a new one has read everything before, also where an
 * instance of the version before makes it. Numbers of changes are counted as memberships' are.
 */
async function addReadState(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`
    alter table message.memberships
      add column read_seq integer,
      add column read_number integer,
      add column notify smallint`.execute(db);
  // Who sends moves a row: free space on its page keeps that cheap.
  await sql`alter table message.memberships set (fillfactor = 80)`.execute(db);
  await sql`
    create table message.rooms_before_reads (
      room_id text collate "C" primary key,
      last_seq integer not null
    )`.execute(db);
  await sql`
    insert into message.rooms_before_reads
    select id, last_seq from message.rooms where last_seq > 0`.execute(db);
  await sql`
    create function message.read_everything() returns trigger language plpgsql as $$
      begin
        new.read_seq := (select last_seq from message.rooms where id = new.room_id);
        return new;
      end
    $$`.execute(db);
  await sql`
    create trigger memberships_read_everything before insert on message.memberships
    for each row execute function message.read_everything()`.execute(db);
  await sql`
    create table message.read_counters (
      user_id text collate "C" primary key,
      last_number integer not null
    ) with (fillfactor = 70)`.execute(db);
}

async function createBlocks(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message.blocks (
      user_id text collate "C" not null,
      blocked_id text collate "C" not null,
      position bigint generated always as identity,
      primary key (user_id, blocked_id)
    )`.execute(db);
}

/**
 * What changes and replies need of messages; an instance of the version before goes on writing
 * messages that haven't changed and are none.
 */
async function addThreads(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`
    alter table message.messages
      add column revision integer not null default 0,
      add column changes text,
      add column deleted_at timestamptz(3),
      add column pinned_at timestamptz(3),
      add column reply_to integer,
      add column thread_seq integer,
      add column reply_count integer not null default 0,
      add column last_reply_at timestamptz(3)`.execute(db);
  const { rows } = await sql`select from message.messages limit 1`.execute(db);
  if (rows.length > 0) return;
  for (const index of indexes) await sql.raw(createIndexText(index)).execute(db);
}

/** What each instance says of its users, for how long that holds, and when users were seen last. */
async function createPresences(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message.presence_instances (
      id text collate "C" primary key,
      seen_at timestamptz(3) not null,
      ends_at timestamptz(3) not null
    )`.execute(db);
  await sql`
    create table message.presences (
      user_id text collate "C" not null,
      instance_id text collate "C" not null,
      status smallint not null,
      primary key (user_id, instance_id)
    )`.execute(db);
  await sql`
    create table message.last_seen (
      user_id text collate "C" primary key,
      at timestamptz(3) not null
    ) with (fillfactor = 70)`.execute(db);
}

/** Rooms of pairs, and what each of the two sees of theirs; rows of the latter are never deleted. */
async function addDirectRooms(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`alter table message.rooms add column pair text collate "C"`.execute(db);
  await sql`
    create unique index rooms_pair on message.rooms (pair) where pair is not null`.execute(db);
  await sql`
    create table message.direct_members (
      room_id text collate "C" not null,
      user_id text collate "C" not null,
      peer_id text collate "C" not null,
      hidden_seq integer,
      primary key (room_id, user_id)
    )`.execute(db);
}

/**
 * The words of each message, of which `search.ts` says more. `is_searchable` stays unread: see
 * `addSearchPositions`.
 */
async function addSearch(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`alter table message.messages add column is_searchable boolean`.execute(db);
  await sql`
    create table message.searchable (
      room_id text collate "C" not null,
      seq integer not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      created_at timestamptz(3) not null,
      words text collate "C" not null,
      primary key (room_id, seq)
    )`.execute(db);
  await sql`create index searchable_order on message.searchable (created_at, id)`.execute(db);
  // What waits to be put in order is read by every search, and is put so by whoever fills it.
  await sql`
    create index searchable_words on message.searchable using gin (${searchKeys})
    with (gin_pending_list_limit = 256)`.execute(db);
}

/**
 * Who is mentioned by which message, or a room in the place of all its members. Each such message
 * has a number in one log, which instances follow.
 */
async function createMentions(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message.mentions (
      user_id text collate "C" not null,
      room_id text collate "C" not null,
      seq integer not null,
      number bigint not null,
      sender_id text collate "C" not null,
      created_at timestamptz(3) not null,
      primary key (user_id, room_id, seq)
    )`.execute(db);
  await sql`create index mentions_of_user on message.mentions (user_id, number)`.execute(db);
  await sql`create index mentions_order on message.mentions (number)`.execute(db);
  await sql`create table message.mention_counter (last_number bigint not null)`.execute(db);
  await sql`insert into message.mention_counter values (0)`.execute(db);
}

/**
 * Up to where each room's messages are in the index; rooms that have none are left out. What was
 * there before is put into it behind the positions, also where it has its words already.
 */
async function addSearchPositions(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`
    create table message.search_positions (
      room_id text collate "C" primary key,
      seq integer not null
    ) with (fillfactor = 70)`.execute(db);
  await sql`drop index if exists message.messages_not_searchable`.execute(db);
}

/**
 * More words are put in order at once, now that sends don't wait for it: a quarter of the work
 * less, and a search reads a megabyte more in a fraction of a millisecond.
 */
async function growSearchBatches(db: Kysely<Database>): Promise<void> {
  await sql`set local lock_timeout = '500ms'`.execute(db);
  await sql`alter index message.searchable_words set (gin_pending_list_limit = 1024)`.execute(db);
}
