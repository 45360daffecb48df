import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { NotifyLevel } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type ChangesQuestion, type MarkResult, rejected } from "../driver.ts";
import type { NewMark, ReadMark, RoomPosition, RoomState } from "../store.ts";
import { readSeq } from "./members.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns } from "./schema.ts";

type Db = Kysely<Database>;

/**
 * Numbers the marks of those of a query, one of each room, by their users' counters: `numbered`.
 * The counters are locked in the order of users and before any membership, so that batches can't
 * wait for each other in a circle, and no number appears after a higher one.
 * @param marks names what has `user_id` and `room_id`
 */
export const numberedMarks = (marks: string) => sql`
  counted as (
    insert into message.read_counters as counter (user_id, last_number)
    select user_id, count(*) from ${sql.raw(marks)} group by user_id order by user_id
    on conflict (user_id) do update set last_number = counter.last_number + excluded.last_number
    returning user_id, last_number
  ),
  numbered as (
    select ${sql.raw(marks)}.*, last_number + 1 - row_number() over (
      partition by user_id order by room_id) as number
    from ${sql.raw(marks)} join counted using (user_id)
  )`;

interface MarkColumns {
  roomIds: string[];
  userIds: string[];
  seqs: (number | undefined)[];
  onlyRise: boolean[];
}

/** What has been read is judged on the row itself, which may be newer than the statement. */
const newSeq = sql.raw(`greatest(case when asked.only_rises then ${readSeq} else 0 end,
  least(coalesce(asked.seq, r.last_seq), r.last_seq))`);

const updateMarks = statement(
  (_: Db, given: Given<MarkColumns>) =>
    sql<{ seq: number | null; number: number | null }>`
      with input as (
        select * from unnest(${given("roomIds")}::text[], ${given("userIds")}::text[],
          ${given("seqs")}::int[], ${given("onlyRise")}::boolean[])
          with ordinality as t (room_id, user_id, seq, only_rises, i)
      ),
      ${numberedMarks("input")},
      marked as (
        update message.memberships m set read_seq = ${newSeq}, read_number = asked.number
        from numbered asked join message.rooms r on r.id = asked.room_id
        where m.room_id = asked.room_id and m.user_id = asked.user_id
          and m.read_seq is distinct from ${newSeq}
        returning m.room_id, m.user_id, m.read_seq, m.read_number
      )
      select marked.read_seq as seq, marked.read_number as number
      from input left join marked using (room_id, user_id) order by i`,
);

export async function markRead(db: Db, batch: readonly NewMark[]): Promise<MarkResult[]> {
  const rows = await updateMarks(db, {
    roomIds: batch.map(({ roomId }) => roomId),
    userIds: batch.map(({ userId }) => userId),
    seqs: batch.map(({ seq }) => seq),
    onlyRise: batch.map(({ onlyRises }) => onlyRises),
  });
  return batch.map(({ roomId, userId }, i) => {
    const row = rows[i];
    if (!row) return rejected(new Error("a mark has no row"));
    const { seq, number } = row;
    const value = seq === null || number === null ? undefined : { userId, number, roomId, seq };
    return { status: "fulfilled", value };
  });
}

const updateNotify = statement(
  (_: Db, given: Given<{ roomId: string; userId: string; level: NotifyLevel }>) => sql<object>`
    update message.memberships set notify = ${given("level")}
    where room_id = ${given("roomId")} and user_id = ${given("userId")}`,
);

export async function setNotify(
  db: Db,
  roomId: string,
  userId: string,
  level: NotifyLevel,
): Promise<void> {
  await updateNotify(db, { roomId, userId, level });
}

const selectReads = statement(
  (_: Db, given: Given<{ roomId: string; limit: number }>) =>
    sql<{ userId: string; seq: number }>`
      select m.user_id as "userId", ${sql.raw(readSeq)} as seq from message.memberships m
      where m.room_id = ${given("roomId")} order by m.position limit ${given("limit")}`,
);

export function listReads(db: Db, roomId: string, limit: number) {
  return selectReads(db, { roomId, limit });
}

const selectMarks = statement(
  (_: Db, given: Given<{ userIds: string[]; from: number[]; to: number[] }>) =>
    sql<ReadMark & { i: number }>`
      select i::int, m.user_id as "userId", m.read_number as number, m.room_id as "roomId",
        m.read_seq as seq
      from unnest(${given("userIds")}::text[], ${given("from")}::bigint[], ${given("to")}::bigint[])
        with ordinality as asked (user_id, low, high, i)
      join message.memberships m on m.user_id = asked.user_id and m.read_number between low and high
      order by i, m.read_number`,
);

export async function listReadMarks(
  db: Db,
  asked: readonly ChangesQuestion[],
): Promise<ReadMark[][]> {
  const rows = await selectMarks(db, {
    userIds: asked.map(({ userId }) => userId),
    from: asked.map(({ from }) => from),
    to: asked.map(({ to }) => to),
  });
  const lists = asked.map((): ReadMark[] => []);
  for (const { i, ...mark } of rows) lists[i - 1]?.push(mark);
  return lists;
}

const selectReadPositions = statement(
  (_: Db, given: Given<{ userIds: string[] }>) =>
    sql<{ userId: string; lastNumber: number }>`
      select user_id as "userId", last_number as "lastNumber"
      from message.read_counters where user_id = any(${given("userIds")}::text[])`,
);

export async function listReadPositions(
  db: Db,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await selectReadPositions(db, { userIds: [...userIds] });
  return new Map(rows.map((row) => [row.userId, row.lastNumber]));
}

type StateHead = { watchedId: string; roomSeq: number; roomRevision: number };

const selectStates = statement(
  (_: Db, given: Given<{ roomIds: string[] }>) =>
    sql<StateHead & (MessageRow | { id: null })>`
      select r.id as "watchedId", r.last_seq as "roomSeq", r.last_revision as "roomRevision", m.*
      from message.rooms r
      left join lateral (
        select ${messageColumns} from message.messages where room_id = r.id and seq = r.last_seq
      ) as m on true
      where r.id = any(${given("roomIds")}::text[])`,
);

export async function listRoomStates(db: Db, roomIds: readonly string[]): Promise<RoomState[]> {
  const rows = await selectStates(db, { roomIds: [...roomIds] });
  return rows.map((row) => {
    const position: RoomPosition = { lastSeq: row.roomSeq, lastRevision: row.roomRevision };
    const lastMessage = row.id === null ? undefined : rowToMessage(row);
    return { roomId: row.watchedId, ...position, lastMessage };
  });
}
