import type { Kysely } from "kysely";
import type { Pool } from "pg";
import { budgets } from "#common/budgets.ts";
import { pause } from "#common/deadline.ts";
import { isUniqueViolation } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type AppendResult, type PendingMessage, rejected } from "../driver.ts";
import { messageToRow, rowToMessage } from "./rows.ts";
import {
  type Database,
  keysOf,
  type MessageRow,
  messageColumns,
  type NewMessageRow,
  newMessageColumns,
} from "./schema.ts";

export async function listMessages(
  db: Kysely<Database>,
  roomId: string,
  from: number,
  to: number,
): Promise<Message[]> {
  const rows = await db
    .selectFrom("messages")
    .select(messageColumns)
    .where("roomId", "=", roomId)
    .where("seq", ">=", from)
    .where("seq", "<=", to)
    .orderBy("seq")
    .execute();
  return rows.map(rowToMessage);
}

interface Outcome {
  roomType: number | null;
  isMember: boolean;
  /** Set where the message was stored now. */
  seq: number | null;
  createdAt: Date | null;
  /** The message that was there before, under the same key. */
  found: FoundRow | null;
}

/** A row by way of JSON. */
type FoundRow = { [K in keyof MessageRow]: MessageRow[K] extends Date ? string : MessageRow[K] };

const retryPauseMs = 100;

/**
 * Writes a batch by one statement and answers in its order. Whatever goes wrong, the same
 * statement is simply run again: what an earlier attempt has stored is found by its key,
 * also if that attempt was only thought lost. So a message is stored once at most.
 * @param onConflict is called for batches that met another instance's
 * @throws Error where the whole batch failed
 */
export async function appendBatch(
  pool: Pool,
  batch: readonly PendingMessage[],
  onConflict: () => void,
): Promise<AppendResult[]> {
  const rows = batch.map(messageToRow);
  const values = inputColumns.map((column) => rows.map((row) => row[column]));
  const startedAt = performance.now();
  for (;;) {
    try {
      const outcomes = await pool.query<Outcome>({ name: "append", text: statement, values });
      return rows.map((row, i) => toResult(row, outcomes.rows[i]));
    } catch (error) {
      // Another instance has just stored one of these: it is found the next time.
      const isConflict = isUniqueViolation(error);
      if (isConflict) onConflict();
      const isLate = performance.now() - startedAt >= budgets.database.appendRetries;
      if (isLate || !(isConflict || isDatabaseLost(error))) throw error;
      if (!isConflict) await pause(retryPauseMs);
    }
  }
}

function toResult(row: NewMessageRow, outcome: Outcome | undefined): AppendResult {
  if (!outcome || outcome.roomType === null) return rejected(new AppError("ROOM_NOT_FOUND"));
  if (!outcome.isMember) {
    const isPublic = outcome.roomType === RoomType.PUBLIC;
    return rejected(new AppError(isPublic ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND"));
  }
  const { found, seq, createdAt } = outcome;
  if (found) {
    const times = { createdAt: new Date(found.createdAt), updatedAt: new Date(found.updatedAt) };
    const message = rowToMessage({ ...found, ...times });
    return { status: "fulfilled", value: { message, isDuplicate: found.id !== row.id } };
  }
  if (seq === null || createdAt === null) return rejected(new AppError("INTERNAL"));
  const message = rowToMessage({ ...row, seq, createdAt, updatedAt: createdAt });
  return { status: "fulfilled", value: { message, isDuplicate: false } };
}

const inputColumns = keysOf(newMessageColumns);
const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const listOf = <T>(items: readonly T[], write: (item: T, i: number) => string) =>
  items.map(write).join(", ");

const inputNames = listOf(inputColumns, snakeCase);
const inputArrays = listOf(inputColumns, (name, i) => `$${i + 1}::${newMessageColumns[name]}[]`);
const roomIds = `$${inputColumns.indexOf("roomId") + 1}::text[]`;

/**
 * Rooms are locked in the order of their ids, so that batches can't wait for each other in a
 * circle. The snapshot is older than the locks: another instance may have stored the same key
 * meanwhile. Then the unique index undoes the whole batch, its numbers included.
 */
const statement = `
with input as (
  select * from unnest(${inputArrays}) with ordinality as t (${inputNames}, i)
),
locked as materialized (
  select id, room_type from message.rooms where id = any(${roomIds}) order by id for update
),
judged as materialized (
  select input.*, locked.room_type, member.user_id is not null as is_member, found
  from input
  left join locked on locked.id = input.room_id
  left join lateral (
    select m.user_id from message.memberships m
    where m.room_id = input.room_id and m.user_id = input.user_id limit 1
  ) member on true
  left join lateral (
    select m.* from message.messages m
    where m.room_id = input.room_id and m.user_id = input.user_id
      and m.send_key = input.send_key limit 1
  ) found on true
),
fresh as (
  select * from judged where room_type is not null and is_member and found is null
),
bumped as (
  update message.rooms r set last_seq = r.last_seq + counted.n
  from (select room_id, count(*)::int as n from fresh group by room_id) counted
  where r.id = counted.room_id
  returning r.id, r.last_seq - counted.n as base, clock_timestamp() as at
),
stored as (
  insert into message.messages (${inputNames}, seq, created_at, updated_at)
  select ${listOf(inputColumns, (name) => `f.${snakeCase(name)}`)},
    b.base + row_number() over (partition by f.room_id order by f.i), b.at, b.at
  from fresh f join bumped b on b.id = f.room_id
  returning id, seq, created_at
)
select j.room_type as "roomType", j.is_member as "isMember",
  stored.seq, stored.created_at as "createdAt",
  case when j.found is null then null else json_build_object(
    ${listOf(messageColumns, (name) => `'${name}', (j.found).${snakeCase(name)}`)}) end as found
from judged j left join stored on stored.id = j.id
order by j.i`;
