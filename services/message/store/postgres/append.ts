import { type Kysely, sql } from "kysely";
import { LRUCache } from "lru-cache";
import { budgets } from "#common/budgets.ts";
import { upTo } from "#common/cache-size.ts";
import { pause } from "#common/deadline.ts";
import { type Given, isUniqueViolation, statement } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type AppendResult, type PendingMessage, rejected } from "../driver.ts";
import { isBlockedIn, shownByMessages } from "./direct-rooms.ts";
import { isForbidden, mentionsText, namedMembers, notedMentions } from "./mentions.ts";
import { numberedMarks } from "./reads.ts";
import { messageToRow, type PendingRow, rowToMessage } from "./rows.ts";
import {
  type Database,
  directRoom,
  keysOf,
  type MessageRow,
  messageColumns,
  milliseconds,
  type NewMessageRow,
  newMessageColumns,
  unchanged,
} from "./schema.ts";

type Db = Kysely<Database>;

const none = sql``;

interface Outcome {
  roomType: number | null;
  isMember: boolean;
  isBlocked: boolean;
  /** Set where the message was stored now. */
  seq: number | null;
  createdAt: number | null;
  /** Of the sender's mark, at their last message of the batch in the room. */
  markNumber: number | null;
  /** What the message is a reply in; null where it is none, or none that can be. */
  threadSeq: number | null;
  /** The message that was there before, under the same key. */
  found: MessageRow | null;
  /** Whether it mentions a room that it may not. */
  isForbidden: boolean;
  /** What is stored of whom it mentions, and its number in the log of mentions. */
  changes: string | null;
  mentionNumber: number | null;
  /** Changes by which the room has come into lists, with their numbers. */
  shown: { userId: string; number: number }[] | null;
}

const inputColumns = keysOf(newMessageColumns);
type NewColumns = { [K in keyof NewMessageRow]: NewMessageRow[K][] } & {
  /** JSON texts; of these none where none of the messages mentions anybody. */
  mentions: string[];
  mentionsRoom: boolean[];
};

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const inputNames = (prefix = "") =>
  sql.raw(inputColumns.map((name) => prefix + snakeCase(name)).join(", "));
const inputArrays = (given: Given<NewColumns>) =>
  sql.join(inputColumns.map((name) => sql`${given(name)}::${sql.raw(newMessageColumns[name])}[]`));

/**
 * Rows are locked in the order of their ids, so that batches can't wait for each other in a
 * circle. The snapshot is older than the locks: another instance may have stored the same key
 * meanwhile. Then the unique index undoes the whole batch, its numbers included. Who sends has
 * read up to there: nothing that was sent is without that.
 *
 * Direct rooms have statements of their own, so that others don't pay for what is theirs: who is
 * blocked, and in whose lists the room is. So have batches that mention somebody.
 */
const appendTo = (isDirect: boolean, hasMentions: boolean) =>
  statement(
    (_: Db, given: Given<NewColumns>) => sql<Outcome>`
    with input as (
      select * from unnest(${inputArrays(given)}
        ${hasMentions ? sql`, ${given("mentions")}::text[], ${given("mentionsRoom")}::boolean[]` : none})
        with ordinality as t (${inputNames()} ${hasMentions ? sql`, mentions, mentions_room` : none}, i)
    ),
    locked as materialized (
      select id, room_type, member_count, created_by
      from message.rooms where id = any(${given("roomId")}::text[])
      order by id for update
    ),
    judged as materialized (
      select input.*, locked.room_type, member.user_id is not null as is_member, found,
        coalesce(target.thread_seq, target.seq) as thread_seq,
        ${isDirect ? isBlockedIn("input.room_id", "input.user_id") : sql`false`} as is_blocked
        ${hasMentions ? sql`, ${isForbidden} as is_forbidden, ${namedMembers} as named` : none}
      from input
      left join locked on locked.id = input.room_id
      left join lateral (
        select m.user_id from message.memberships m
        where m.room_id = input.room_id and m.user_id = input.user_id limit 1
      ) member on true
      left join lateral (
        select row_to_json(m) as found from (
          select ${messageColumns} from message.messages
          where messages.room_id = input.room_id and messages.user_id = input.user_id
            and messages.send_key = input.send_key limit 1
        ) m
      ) found on true
      left join lateral (
        select seq, thread_seq from message.messages
        where input.reply_to is not null and messages.room_id = input.room_id
          and messages.seq = input.reply_to and deleted_at is null limit 1
      ) target on true
    ),
    fresh as (
      select * from judged
      where room_type ${isDirect ? sql`=` : sql`<>`} ${directRoom}
        and is_member and not is_blocked and found is null
        and (reply_to is null or thread_seq is not null)
        ${hasMentions ? sql`and not is_forbidden` : none}
    ),
    bumped as (
      update message.rooms r set last_seq = r.last_seq + counted.n
      from (select room_id, count(*)::int as n from fresh group by room_id) counted
      where r.id = counted.room_id
      returning r.id, r.last_seq - counted.n as base, clock_timestamp() as at
    ),
    stored as (
      insert into message.messages
        (${inputNames()}, thread_seq, seq, created_at, updated_at
          ${hasMentions ? sql`, changes` : none})
      select ${inputNames("f.")}, f.thread_seq,
        b.base + row_number() over (partition by f.room_id order by f.i), b.at, b.at
        ${hasMentions ? sql`, ${mentionsText}` : none}
      from fresh f join bumped b on b.id = f.room_id
      returning id, room_id, user_id, seq, created_at, changes
    ),
    sent as (select room_id, user_id, max(seq) as seq from stored group by room_id, user_id),
    ${numberedMarks("sent")},
    marked as (
      update message.memberships m set read_seq = sent.seq, read_number = sent.number
      from numbered sent where m.room_id = sent.room_id and m.user_id = sent.user_id
      returning m.room_id, m.user_id, m.read_seq, m.read_number
    ),
    replied as (
      update message.messages m set reply_count = m.reply_count + replies.n, last_reply_at = at
      from (
        select f.room_id, f.thread_seq, count(*)::int as n, max(b.at) as at
        from fresh f join bumped b on b.id = f.room_id
        where f.thread_seq is not null group by f.room_id, f.thread_seq
      ) replies
      where m.room_id = replies.room_id and m.seq = replies.thread_seq
    )
    ${isDirect ? sql`, ${shownByMessages}` : none}
    ${hasMentions ? sql`, ${notedMentions}` : none}
    select j.room_type as "roomType", j.is_member as "isMember", marked.read_number as "markNumber",
      stored.seq, ${sql.raw(milliseconds("stored.created_at"))} as "createdAt",
      j.thread_seq as "threadSeq", j.found,
      j.is_blocked as "isBlocked", ${isDirect ? shownIn("j.room_id") : sql`null`} as shown,
      stored.changes, ${hasMentions ? sql`j.is_forbidden` : sql`false`} as "isForbidden",
      ${hasMentions ? sql`mentioned.number::float8` : sql`null`} as "mentionNumber"
    from judged j left join stored on stored.id = j.id
    ${hasMentions ? sql`left join mentioned on mentioned.id = j.id` : none}
    left join marked on marked.room_id = stored.room_id and marked.user_id = stored.user_id
      and marked.read_seq = stored.seq
    order by j.i`,
  );

const shownIn = (roomId: string) => sql`(
  select json_agg(json_build_object('userId', user_id, 'number', number)) from logged
  where room_id = ${sql.raw(roomId)})`;

const append = {
  plain: { some: appendTo(false, true), none: appendTo(false, false) },
  direct: { some: appendTo(true, true), none: appendTo(true, false) },
};

/** Rooms that are known to be direct, as they are for ever. */
const directRooms = new LRUCache<string, true>(upTo(50_000));
const isDirect = ({ roomId }: NewMessageRow) => directRooms.has(roomId);
const hasMentions = ({ mentions, mentionsRoom }: PendingRow) => mentionsRoom || mentions.length > 0;

const retryPauseMs = 100;

/**
 * Writes a batch and answers in its order.
 * @param onConflict is called for batches that met another instance's
 * @throws Error where the whole batch failed
 */
export async function appendBatch(
  db: Db,
  batch: readonly PendingMessage[],
  onConflict: () => void,
): Promise<AppendResult[]> {
  const rows = batch.map(messageToRow);
  const results = new Map<PendingRow, AppendResult>();
  const write = async (kind: "plain" | "direct", its: readonly PendingRow[]) => {
    if (its.length === 0) return;
    const mentions = its.some(hasMentions) ? "some" : "none";
    const outcomes = await store(append[kind][mentions], db, its, onConflict);
    for (const [i, row] of its.entries()) {
      const outcome = outcomes[i];
      const isLeft = kind === "plain" && outcome?.roomType === RoomType.DIRECT;
      if (isLeft) directRooms.set(row.roomId, true);
      else results.set(row, toResult(row, outcome));
    }
  };
  const [direct, others] = [rows.filter(isDirect), rows.filter((row) => !isDirect(row))];
  await Promise.all([write("direct", direct), write("plain", others)]);
  await write(
    "direct",
    others.filter((row) => !results.has(row)),
  );
  return rows.map((row) => results.get(row) ?? rejected(new AppError("INTERNAL")));
}

/**
 * Writes messages by one statement. Whatever goes wrong, the same statement is simply run again: what an earlier attempt has stored is found by its key,
 * also if that attempt was only thought lost. So a message is stored once at most.
 */
async function store(
  statementOf: ReturnType<typeof appendTo>,
  db: Db,
  rows: readonly PendingRow[],
  onConflict: () => void,
): Promise<Outcome[]> {
  const values = toColumns(rows);
  const startedAt = performance.now();
  for (;;) {
    try {
      return await statementOf(db, values);
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

function toColumns(rows: readonly PendingRow[]): NewColumns {
  const mentioning = rows.some(hasMentions) ? rows : [];
  return {
    roomId: rows.map((row) => row.roomId),
    id: rows.map((row) => row.id),
    userId: rows.map((row) => row.userId),
    username: rows.map((row) => row.username),
    content: rows.map((row) => row.content),
    messageType: rows.map((row) => row.messageType),
    metadata: rows.map((row) => row.metadata),
    sendKey: rows.map((row) => row.sendKey),
    replyTo: rows.map((row) => row.replyTo),
    mentions: mentioning.map((row) => JSON.stringify(row.mentions)),
    mentionsRoom: mentioning.map((row) => row.mentionsRoom ?? false),
  };
}

function toResult(row: PendingRow, outcome: Outcome | undefined): AppendResult {
  if (!outcome || outcome.roomType === null) return rejected(new AppError("ROOM_NOT_FOUND"));
  if (!outcome.isMember) {
    const isPublic = outcome.roomType === RoomType.PUBLIC;
    return rejected(new AppError(isPublic ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND"));
  }
  if (outcome.isBlocked) return rejected(new AppError("BLOCKED"));
  const { found, seq, createdAt, markNumber, threadSeq } = outcome;
  if (found) {
    const message = rowToMessage(found);
    return {
      status: "fulfilled",
      value: { message, isDuplicate: message.id !== row.id, shown: [] },
    };
  }
  if (row.replyTo !== null && threadSeq === null) {
    return rejected(new AppError("MESSAGE_NOT_FOUND"));
  }
  if (outcome.isForbidden) return rejected(new AppError("FORBIDDEN"));
  if (seq === null || createdAt === null) return rejected(new AppError("INTERNAL"));
  const shown = (outcome.shown ?? []).map((change) => {
    return { ...change, roomId: row.roomId, isMember: true };
  });
  const clientMessageId = row.sendKey.startsWith("#") ? null : row.sendKey;
  const times = { createdAt, updatedAt: createdAt };
  const { changes, mentionNumber } = outcome;
  const message = rowToMessage({
    ...{ ...row, ...unchanged, ...times },
    ...{ clientMessageId, seq, threadSeq, changes },
  });
  const { roomId, userId } = message;
  const mark = markNumber === null ? undefined : { userId, number: markNumber, roomId, seq };
  return {
    status: "fulfilled",
    value: {
      ...{ message, isDuplicate: false, mark, shown },
      mentionNumber: mentionNumber ?? undefined,
    },
  };
}
