import type { Pool } from "pg";
import { isUniqueViolation } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type AppendResult, metadataText, type Pending, writeDistinct } from "../pending.ts";
import { toStoreError } from "./errors.ts";
import { type MessageRow, rowToMessage } from "./rows.ts";

interface Outcome {
  roomType: number | null;
  isMember: boolean;
  /** Set where the message was stored now. */
  seq: number | null;
  createdAt: Date | null;
  /** The message that was there before, under the same key. */
  found: MessageRow | null;
}

const retryLimitMs = 2_000;
const retryPauseMs = 100;

/**
 * Writes a batch by one statement and answers in its order. Whatever goes wrong, the same
 * statement is simply run again: what an earlier attempt has stored is found by its key,
 * also if that attempt was only thought lost. So a message is stored once at most.
 * @param onConflict hears of batches that met another instance's
 */
export function appendBatch(
  pool: Pool,
  batch: readonly Pending[],
  onConflict: () => void,
): Promise<AppendResult[]> {
  return writeDistinct(batch, (distinct) => write(pool, distinct, onConflict));
}

async function write(
  pool: Pool,
  batch: readonly Pending[],
  onConflict: () => void,
): Promise<AppendResult[]> {
  const startedAt = performance.now();
  for (;;) {
    try {
      const { rows } = await pool.query<Outcome>({
        name: "append",
        text: statement,
        values: valuesOf(batch),
      });
      return batch.map((one, i) => toResult(one, rows[i]));
    } catch (error) {
      // Another instance has just stored one of these: it is found the next time.
      const isRace = isUniqueViolation(error);
      if (isRace) onConflict();
      if ((isRace || isDatabaseLost(error)) && performance.now() - startedAt < retryLimitMs) {
        if (!isRace) await pause(retryPauseMs);
        continue;
      }
      const reason = toStoreError(error);
      if (batch.length === 1 || reason.code === "UNAVAILABLE") {
        return batch.map(() => ({ status: "rejected", reason }));
      }
      // One that can't be stored must not fail its neighbours.
      const results: AppendResult[] = [];
      for (const one of batch) results.push(...(await write(pool, [one], onConflict)));
      return results;
    }
  }
}

function toResult(one: Pending, outcome: Outcome | undefined): AppendResult {
  const refuse = (code: "ROOM_NOT_FOUND" | "NOT_IN_ROOM"): AppendResult => {
    return { status: "rejected", reason: new AppError(code) };
  };
  if (!outcome || outcome.roomType === null) return refuse("ROOM_NOT_FOUND");
  if (!outcome.isMember) {
    return refuse(outcome.roomType === RoomType.PUBLIC ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND");
  }
  const { found, seq, createdAt } = outcome;
  if (found) {
    const message = rowToMessage(found);
    return { status: "fulfilled", value: { message, isDuplicate: found.id !== one.id } };
  }
  if (seq === null || createdAt === null) return refuse("ROOM_NOT_FOUND");
  const row = { ...one, metadata: metadataText(one), seq, createdAt, updatedAt: createdAt };
  return { status: "fulfilled", value: { message: rowToMessage(row), isDuplicate: false } };
}

function valuesOf(batch: readonly Pending[]): unknown[] {
  return [
    batch.map((it) => it.roomId),
    batch.map((it) => it.id),
    batch.map((it) => it.userId),
    batch.map((it) => it.username),
    batch.map((it) => it.content),
    batch.map((it) => it.messageType),
    batch.map(metadataText),
    batch.map((it) => it.sendKey),
  ];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Rooms are locked in the order of their ids, so that batches can't wait for each other in a
 * circle. The snapshot is older than the locks: another instance may have stored the same key
 * meanwhile. Then the unique index undoes the whole batch, its numbers included.
 */
const statement = `
with input as (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
    $6::smallint[], $7::text[], $8::text[]) with ordinality
    as t (room_id, id, user_id, username, content, message_type, metadata, send_key, i)
),
locked as materialized (
  select id, room_type from message.rooms where id = any($1::text[]) order by id for update
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
  insert into message.messages (room_id, seq, id, user_id, username, content, message_type,
    metadata, send_key, created_at, updated_at)
  select f.room_id, b.base + row_number() over (partition by f.room_id order by f.i),
    f.id, f.user_id, f.username, f.content, f.message_type, f.metadata, f.send_key, b.at, b.at
  from fresh f join bumped b on b.id = f.room_id
  returning id, seq, created_at
)
select j.room_type as "roomType", j.is_member as "isMember",
  stored.seq, stored.created_at as "createdAt",
  case when j.found is null then null else json_build_object(
    'id', (j.found).id, 'roomId', (j.found).room_id, 'seq', (j.found).seq,
    'userId', (j.found).user_id, 'username', (j.found).username,
    'content', (j.found).content, 'messageType', (j.found).message_type,
    'metadata', (j.found).metadata, 'sendKey', (j.found).send_key,
    'createdAt', (j.found).created_at, 'updatedAt', (j.found).updated_at) end as found
from judged j left join stored on stored.id = j.id
order by j.i`;
