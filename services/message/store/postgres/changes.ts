import { type Kysely, type RawBuilder, sql } from "kysely";
import { budgets } from "#common/budgets.ts";
import { pause } from "#common/deadline.ts";
import { type Given, statement } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";
import type { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type ChangedResult, rejected } from "../driver.ts";
import { type Basis, usersShown } from "../judge-change.ts";
import { makeChanges, type ReactionWrite, type RoomWrites, type Write } from "../make-changes.ts";
import type { NewChange } from "../store.ts";
import { isBlockedIn } from "./direct-rooms.ts";
import { rowToMessage, writeToRow } from "./rows.ts";
import {
  changedColumns,
  type Database,
  directRoom,
  type MessageRow,
  messageColumns,
  milliseconds,
} from "./schema.ts";

type Db = Kysely<Database>;

const retryPauseMs = 100;

/**
 * Changes messages. What one statement has read is judged and written by another one, if no
 * message of the room has changed between the two: so no room is locked while it is judged.
 * @param onConflict is called for batches that met another instance's
 */
export async function changeMessages(
  db: Db,
  batch: readonly NewChange[],
  onConflict: () => void,
): Promise<ChangedResult[]> {
  const results = new Map<NewChange, ChangedResult>();
  const tables = {
    readBasis: (wanted: readonly NewChange[]) => readBasis(db, wanted),
    write: (rooms: readonly RoomWrites[]) => write(db, rooms),
  };
  const giveUpAt = performance.now() + budgets.database.appendRetries;
  const isLate = () => performance.now() >= giveUpAt;
  for (let isSettled = false; !isSettled && !isLate(); ) {
    const open = batch.filter((one) => !results.has(one));
    try {
      isSettled = await makeChanges(tables, open, results);
      if (!isSettled) onConflict();
    } catch (error) {
      if (isLate() || !isDatabaseLost(error)) throw error;
      await pause(retryPauseMs);
    }
  }
  return batch.map((one) => results.get(one) ?? rejected(new AppError("UNAVAILABLE")));
}

interface Wanted {
  roomIds: string[];
  seqs: number[];
  userIds: string[];
  /** Null where no reaction is wanted. */
  emoji: (string | null)[];
  arePins: boolean[];
  mostUsers: number;
}

interface BasisHead {
  i: number;
  roomType: RoomType;
  createdBy: string;
  lastRevision: number;
  isMember: boolean;
  isBlocked: boolean;
  at: number;
  users: string[] | null;
  pins: number | null;
  lastPin: number | null;
}
/** A message stands in the row of its first change alone. */
type BasisRow = BasisHead & (MessageRow | { id: null });

const selectBasis = statement(
  (_: Db, given: Given<Wanted>) => sql<BasisRow>`
    select i::int, r.room_type as "roomType", r.created_by as "createdBy",
      r.last_revision as "lastRevision", is_member as "isMember",
      r.room_type = ${directRoom} and ${isBlockedIn("r.id", "who")} as "isBlocked",
      ${sql.raw(milliseconds("clock_timestamp()"))} as at,
      known.users, pinned.n as pins, ${sql.raw(milliseconds("pinned.last_at"))} as "lastPin", m.*
    from (
      select *, row_number() over (partition by room, number order by i) = 1 as is_first
      from unnest(${given("roomIds")}::text[], ${given("seqs")}::int[], ${given("userIds")}::text[],
        ${given("emoji")}::text[], ${given("arePins")}::boolean[])
        with ordinality as asked (room, number, who, mark, is_pin, i)
    ) as wanted
    join message.rooms r on r.id = room
    cross join lateral (select exists (
      select from message.memberships where room_id = room and user_id = who)) as mine (is_member)
    left join lateral (
      select count(*)::int as n, max(pinned_at) as last_at from message.messages
      where room_id = room and pinned_at is not null
    ) as pinned on is_pin
    left join lateral (
      select json_agg(user_id order by revision) as users from (
        (select user_id, revision from message.reactions
        where room_id = room and seq = number and emoji = mark
        order by revision limit ${given("mostUsers")})
        union
        select user_id, revision from message.reactions
        where room_id = room and seq = number and emoji = mark
          and user_id = any(${given("userIds")}::text[])
      ) as few
    ) as known on mark is not null
    left join lateral (
      select ${messageColumns} from message.messages where room_id = room and seq = number
    ) as m on is_first
    order by i`,
);

async function readBasis(db: Db, wanted: readonly NewChange[]): Promise<Map<string, Basis>> {
  const rows = await selectBasis(db, {
    roomIds: wanted.map(({ roomId }) => roomId),
    seqs: wanted.map(({ seq }) => seq),
    userIds: wanted.map(({ userId }) => userId),
    emoji: wanted.map(({ act }) => (act.kind === "react" ? act.emoji : null)),
    arePins: wanted.map(({ act }) => act.kind === "pin"),
    mostUsers: usersShown + wanted.length,
  });
  const bases = new Map<string, Basis>();
  for (const row of rows) {
    const one = wanted[row.i - 1];
    if (one) addToBasis(bases, one, row);
  }
  return bases;
}

function addToBasis(bases: Map<string, Basis>, wanted: NewChange, row: BasisRow): void {
  const { roomId, seq, userId, act } = wanted;
  const { roomType, createdBy, lastRevision } = row;
  const basis = bases.get(roomId) ?? {
    room: { roomType, createdBy, lastRevision },
    members: new Set(),
    blocked: new Set(),
    messages: new Map(),
    pins: { count: 0, lastAt: undefined },
    at: new Date(row.at),
  };
  bases.set(roomId, basis);
  if (row.isMember) basis.members.add(userId);
  if (row.isBlocked) basis.blocked.add(userId);
  if (row.pins !== null) {
    basis.pins = {
      count: row.pins,
      lastAt: row.lastPin === null ? undefined : new Date(row.lastPin),
    };
  }
  if (row.id !== null) basis.messages.set(seq, { message: rowToMessage(row), reactors: new Map() });
  const state = basis.messages.get(seq);
  if (state && act.kind === "react") state.reactors.set(act.emoji, row.users ?? []);
}

interface RoomRow {
  id: string;
  /** Its last revision when the changes were judged, and with them. */
  before: number;
  after: number;
}

interface ReactionRow extends ReactionWrite {
  roomId: string;
  seq: number;
}

/** The columns of what is written, which comes as JSON, with their types in PostgreSQL. */
const roomColumns = { id: "text", before: "int", after: "int" } satisfies Record<
  keyof RoomRow,
  string
>;
const reactionColumns = {
  roomId: "text",
  seq: "int",
  emoji: "text",
  userId: "text",
  isOn: "boolean",
  revision: "int",
} satisfies Record<keyof ReactionRow, string>;

const rowsOf = (json: RawBuilder<string>, columns: Record<string, string>) =>
  sql`json_to_recordset(${json}::json) as given (${sql.raw(
    Object.entries(columns)
      .map(([name, type]) => `"${name}" ${type}`)
      .join(", "),
  )})`;

interface Written {
  roomIds: string[];
  /** JSON texts. */
  rooms: string;
  messages: string;
  reactions: string;
}

/**
 * Rooms are locked in the order of their ids, as by `append`. What is locked is the newest: where
 * another instance has changed a message since the basis was read, the room's revision says so.
 */
const writeChanges = statement(
  (_: Db, given: Given<Written>) => sql<{ id: string }>`
    with locked as materialized (
      select id, last_revision from message.rooms where id = any(${given("roomIds")}::text[])
      order by id for update
    ),
    bumped as (
      update message.rooms r set last_revision = given.after
      from ${rowsOf(given("rooms"), roomColumns)}
      join locked on locked.id = given.id and locked.last_revision = given.before
      where r.id = given.id
      returning r.id
    ),
    changed as materialized (
      select given.* from ${rowsOf(given("messages"), changedColumns)}
      join bumped on bumped.id = given."roomId"
    ),
    reacted as materialized (
      select given.* from ${rowsOf(given("reactions"), reactionColumns)}
      join bumped on bumped.id = given."roomId"
    ),
    messages as (
      update message.messages m set
        content = coalesce(changed.content, m.content),
        metadata = case when changed.content is null then m.metadata else changed.metadata end,
        updated_at = changed."updatedAt", revision = changed.revision, changes = changed.changes,
        deleted_at = changed."deletedAt", pinned_at = changed."pinnedAt"
      from changed where m.room_id = changed."roomId" and m.seq = changed.seq
      returning m.room_id, m.seq, m.id, m.user_id, m.created_at, changed.words
    ),
    searchable as (
      insert into message.searchable (room_id, seq, id, user_id, created_at, words)
      select room_id, seq, id, user_id, created_at, words from messages where words is not null
      on conflict (room_id, seq) do update set words = excluded.words
    ),
    added as (
      insert into message.reactions (room_id, seq, emoji, user_id, revision)
      select "roomId", seq, emoji, "userId", revision from reacted where "isOn"
      on conflict (room_id, seq, emoji, user_id) do update set revision = excluded.revision
    ),
    removed as (
      delete from message.reactions r using reacted
      where not "isOn" and r.room_id = "roomId" and r.seq = reacted.seq
        and r.emoji = reacted.emoji and r.user_id = "userId"
    ),
    unmentioned as (
      delete from message.mentions m using changed
      where m.user_id = any(changed.unmentioned) and m.room_id = changed."roomId"
        and m.seq = changed.seq
    ),
    cleared as (
      delete from message.reactions r using changed
      where "deletedAt" is not null and r.room_id = "roomId" and r.seq = changed.seq
    )
    select id from bumped`,
);

/** Answers the writes of those rooms that were as they had been. */
async function write(db: Db, rooms: readonly RoomWrites[]): Promise<Set<Write>> {
  const written = await writeChanges(db, {
    roomIds: rooms.map(({ roomId }) => roomId),
    rooms: JSON.stringify(rooms.map(toRoomRow)),
    messages: JSON.stringify(rooms.flatMap(({ writes }) => writes.map(writeToRow))),
    reactions: JSON.stringify(rooms.flatMap(({ writes }) => writes.flatMap(toReactionRows))),
  });
  const ids = new Set(written.map(({ id }) => id));
  return new Set(rooms.flatMap(({ roomId, writes }) => (ids.has(roomId) ? writes : [])));
}

function toRoomRow({ roomId, lastRevision, writes }: RoomWrites): RoomRow {
  const after = writes.at(-1)?.last.message.revision ?? lastRevision;
  return { id: roomId, before: lastRevision, after };
}

/** Of what a user has done with an emoji the last alone; of a deleted message nothing is left. */
function toReactionRows({ last: { message }, reactions }: Write): ReactionRow[] {
  if (message.deletedAt) return [];
  const { roomId, seq } = message;
  const lasting = new Map(reactions.map((one) => [`${one.emoji} ${one.userId}`, one]));
  return [...lasting.values()].map((one) => ({ ...one, roomId, seq }));
}
