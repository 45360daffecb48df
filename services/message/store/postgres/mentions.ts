import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { everyone, mostMentioned } from "../mentions.ts";
import type { Mention, MentionsQuery } from "../store.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns } from "./schema.ts";

type Db = Kysely<Database>;

const ofEveryone = sql.lit(everyone);

/** Of a message in `input`, whose room is in `locked`: whether it mentions a room that it may not. */
export const isForbidden = sql`(input.mentions_room and locked.member_count
  > ${sql.lit(mostMentioned)} and locked.created_by <> input.user_id)`;

/** Those whom a message in `input` mentions that are members, as JSON; null: none. */
export const namedMembers = sql`(
  select json_agg(m.user_id order by n)
  from json_array_elements_text(input.mentions::json) with ordinality as asked (user_id, n)
  join message.memberships m on m.room_id = input.room_id and m.user_id = asked.user_id)`;

/** What is stored with a message of `fresh` that mentions somebody: see `stored-changes.ts`. */
export const mentionsText = sql`case when f.named is not null or f.mentions_room
  then json_build_object('revision', 0, 'mentions', coalesce(f.named, '[]'),
    'mentionsRoom', f.mentions_room)::text end`;

/**
 * Notes the mentions of what is `stored`: `mentioned`. The counter is locked last and until all is
 * committed: so batches can't wait for each other in a circle, and no number appears after a higher
 * one.
 */
export const notedMentions = sql`
  mentioning as materialized (
    select stored.*, f.named, f.mentions_room, f.i from stored join fresh f on f.id = stored.id
    where stored.changes is not null
  ),
  counted_mentions as (
    update message.mention_counter
    set last_number = last_number + (select count(*) from mentioning)
    where exists (select from mentioning) and (select count(*) from marked) >= 0
    returning last_number
  ),
  mentioned as materialized (
    select mentioning.*,
      last_number - count(*) over () + row_number() over (order by i) as number
    from mentioning cross join counted_mentions
  ),
  found_mentions as (
    insert into message.mentions (user_id, room_id, seq, number, sender_id, created_at)
    select name, room_id, seq, number, user_id, created_at
    from mentioned cross join lateral (
      select ${ofEveryone} where mentions_room
      union all
      select * from json_array_elements_text(named) where not mentions_room
    ) as names (name)
  )`;

/** How many messages that a member `m` hasn't read mention them. */
export const mentionCountAbove = (readSeq: string) => `(
  (select count(*)::int from message.mentions n
  where n.user_id = m.user_id and n.room_id = m.room_id and n.seq > ${readSeq})
  + (select count(*)::int from message.mentions n
  where n.user_id = '${everyone}' and n.room_id = m.room_id and n.seq > ${readSeq}
    and n.sender_id <> m.user_id and n.created_at >= m.joined_at))`;

type MentionRow = MessageRow & { number: number };

const rowToMention = ({ number, ...row }: MentionRow): Mention => {
  return { number, message: rowToMessage(row) };
};

/** In a room the numbers of mentions rise with those of messages. */
const selectMentions = statement(
  (_: Db, given: Given<{ userId: string; below: number | undefined; limit: number }>) =>
    sql<MentionRow>`
      with mine as materialized (
        select room_id, joined_at from message.memberships where user_id = ${given("userId")}::text
      ),
      bound as (select coalesce(${given("below")}::bigint, 9223372036854775807) as high)
      select number::float8, ${messageColumns} from (
        (select number, room_id as room, seq as place from message.mentions n, bound
        where user_id = ${given("userId")}::text and number < high
          and exists (select from mine where mine.room_id = n.room_id)
        order by number desc limit ${given("limit")})
        union all
        select of_room.* from mine, bound cross join lateral (
          select number, room_id, seq from message.mentions
          where user_id = ${ofEveryone} and room_id = mine.room_id and number < high
            and sender_id <> ${given("userId")}::text and created_at >= joined_at
          order by seq desc limit ${given("limit")}
        ) as of_room
        order by number desc limit ${given("limit")}
      ) as found
      join message.messages on room_id = room and seq = place
      order by number desc`,
);

export async function listMentions(db: Db, query: MentionsQuery): Promise<Mention[]> {
  return (await selectMentions(db, { ...query })).map(rowToMention);
}

const selectLog = statement(
  (_: Db, given: Given<{ from: number; to: number }>) => sql<MentionRow>`
    select number::float8, ${messageColumns} from (
      select distinct number, room_id as room, seq as place from message.mentions
      where number between ${given("from")}::bigint and ${given("to")}::bigint
    ) as noted
    join message.messages on room_id = room and seq = place
    order by number`,
);

export async function readMentionLog(db: Db, from: number, to: number): Promise<Mention[]> {
  return (await selectLog(db, { from, to })).map(rowToMention);
}

const selectPosition = statement(
  (_: Db) => sql<{ last: number }>`
    select last_number::float8 as last from message.mention_counter`,
);

export async function mentionPosition(db: Db): Promise<number> {
  const [row] = await selectPosition(db, {});
  return row?.last ?? 0;
}

const selectMembers = statement(
  (_: Db, given: Given<{ at: string; roomId: string; userIds: string[] }>) =>
    sql<{ userId: string }>`
      select user_id as "userId" from unnest(${given("userIds")}::text[]) as asked (user_id)
      join message.memberships using (user_id)
      where room_id = ${given("roomId")}::text and joined_at <= ${given("at")}::timestamptz`,
);

export async function membersSince(
  db: Db,
  at: Date,
  roomId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await selectMembers(db, { at: at.toISOString(), roomId, userIds: [...userIds] });
  return rows.map(({ userId }) => userId);
}
