import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { occurIn, type Phrase, toLinePart, wordsOf } from "#message/search/words.ts";
import type { SearchQuery } from "../store.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns, searchKeys } from "./schema.ts";

type Db = Kysely<Database>;

/**
 * What isn't in the index yet is read before the index is: so nothing that comes into it meanwhile
 * is passed over.
 */
export async function search(db: Db, query: SearchQuery): Promise<Message[]> {
  const narrowed = {
    patterns: query.phrases.map(toPattern),
    senderId: query.senderId,
    after: query.after?.toISOString() ?? "-infinity",
    ...endOf(query),
    limit: query.limit,
  };
  const asked = { userId: query.userId, roomId: query.roomId };
  const [rooms, unindexed] = await Promise.all([
    selectRooms(db, asked),
    selectUnindexed(db, { ...narrowed, ...asked }),
  ]);
  const roomIds = rooms.map(({ roomId }) => roomId);
  const indexed = roomIds.length > 0 ? await searchIndex(db, narrowed, roomIds, query.phrases) : [];
  const fresh = unindexed.filter(({ content }) => occurIn(wordsOf(content), query.phrases));
  if (fresh.length === 0) return indexed.map(rowToMessage);
  const found = new Map([...indexed, ...fresh].map((row) => [row.id, row]));
  const inOrder = [...found.values()].sort(
    (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
  );
  return inOrder.slice(0, query.limit).map(rowToMessage);
}

/**
 * Common words are found among the newest messages, where an index of words would answer half of
 * all messages to be sorted; rare ones by that index, where the newest have few.
 */
async function searchIndex(
  db: Db,
  narrowed: Narrowed,
  roomIds: string[],
  phrases: readonly Phrase[],
): Promise<MessageRow[]> {
  const asked = { ...narrowed, roomIds };
  for (const read of newestRead) {
    const perRoom = Math.ceil(read / roomIds.length);
    const newest = await (narrowed.endAt === endOfTime
      ? selectNewestOfRooms(db, { ...asked, perRoom })
      : selectNewest(db, { ...asked, read }));
    if (newest.length === narrowed.limit) return newest;
  }
  const keys = roomIds.map((roomId) => keysOf(roomId, phrases));
  return selectByIndex(db, { ...narrowed, keys });
}

const endOfTime = "infinity";

/** No id comes before the empty one: a time alone is the end of what is before it. */
function endOf({ before, beyond }: SearchQuery): Pick<Narrowed, "endAt" | "endId"> {
  if (beyond && (!before || beyond.createdAt < before)) {
    return { endAt: beyond.createdAt.toISOString(), endId: beyond.id };
  }
  return { endAt: before?.toISOString() ?? endOfTime, endId: "" };
}

interface RoomsAsked {
  userId: string;
  roomId: string | undefined;
}

const selectRooms = statement(
  (_: Db, given: Given<RoomsAsked>) =>
    sql<{ roomId: string }>`
      select room_id as "roomId" from message.memberships
      where user_id = ${given("userId")} and room_id = coalesce(${given("roomId")}, room_id)`,
);

interface Narrowed {
  patterns: string[];
  senderId: string | undefined;
  after: string;
  /** What is found comes before these, newest first. */
  endAt: string;
  endId: string;
  limit: number;
}

function toPattern(phrase: Phrase): string {
  return `%${toLinePart(phrase).replace(/[\\%_]/g, "\\$&")}%`;
}

/** How many messages are looked through, and then how many, before the index is asked. */
const newestRead = [1_000, 12_000];

/** One condition, which PostgreSQL thinks a third of all rows fulfil: so it reads them in their order. */
const isBeforeEnd = (given: Given<Narrowed>) =>
  sql`(created_at, id) < (${given("endAt")}::timestamptz, ${given("endId")})`;

const isAfter = (given: Given<Narrowed>) => sql`created_at > ${given("after")}::timestamptz`;

const isFound = (given: Given<Narrowed>) => sql`
  user_id = coalesce(${given("senderId")}, user_id)
  and ' ' || words || ' ' like all (${given("patterns")}::text[])`;

/** So many of one search, and of one room: where more wait, the rest is found when it is indexed. */
const unindexedRead = { all: 1_000, ofRoom: 500 };

const selectUnindexed = statement(
  (_: Db, given: Given<Narrowed & RoomsAsked>) => sql<MessageRow>`
    select t.* from message.memberships m
    left join message.search_positions p on p.room_id = m.room_id
    cross join lateral (
      select ${messageColumns} from message.messages
      where messages.room_id = m.room_id and seq > coalesce(p.seq, 0)
        and ${isBeforeEnd(given)} and ${isAfter(given)}
        and user_id = coalesce(${given("senderId")}, user_id)
      order by seq desc limit ${sql.lit(unindexedRead.ofRoom)}
    ) as t
    where m.user_id = ${given("userId")} and m.room_id = coalesce(${given("roomId")}, m.room_id)
    limit ${sql.lit(unindexedRead.all)}`,
);

/**
 * Of each room its newest: messages of other rooms aren't in the way, however many there are. What
 * is older than what was read of a room isn't known to be the newest, and isn't answered.
 */
const selectNewestOfRooms = statement(
  (_: Db, given: Given<Narrowed & { roomIds: string[]; perRoom: number }>) => sql<MessageRow>`
    with newest as materialized (
      select of_room.* from unnest(${given("roomIds")}::text[]) as room
      cross join lateral (
        select * from message.searchable where room_id = room
        order by seq desc limit ${given("perRoom")}
      ) as of_room
    ),
    known as (
      select coalesce(max(since), '-infinity') as since from (
        select min(created_at) as since from newest
        group by room_id having count(*) = ${given("perRoom")}
      ) as cut
    )
    select ${messageColumns} from (
      select room_id as room, seq as number from newest, known
      where created_at > known.since and ${isAfter(given)} and ${isFound(given)}
      order by created_at desc, id desc limit ${given("limit")}
    ) as found
    join message.messages on room_id = room and seq = number
    order by messages.created_at desc, messages.id desc`,
);

/** Of all rooms, before some time. */
const selectNewest = statement(
  (_: Db, given: Given<Narrowed & { roomIds: string[]; read: number }>) => sql<MessageRow>`
    select ${messageColumns} from (
      select room_id as room, seq as number from (
        select * from message.searchable
        where ${isBeforeEnd(given)}
        order by created_at desc, id desc limit ${given("read")}
      ) as newest
      where room_id = any(${given("roomIds")}::text[]) and ${isAfter(given)} and ${isFound(given)}
      order by created_at desc, id desc limit ${given("limit")}
    ) as found
    join message.messages on room_id = room and seq = number
    order by messages.created_at desc, messages.id desc`,
);

/** By the offset PostgreSQL keeps to the index of words, however much it takes each to find. */
const selectByIndex = statement(
  (_: Db, given: Given<Narrowed & { keys: string[] }>) => sql<MessageRow>`
    with hits as materialized (
      select hit.* from unnest(${given("keys")}::text[]) as keys
      cross join lateral (
        select * from message.searchable where ${searchKeys} @@ keys::tsquery offset 0
      ) as hit
      where ${isBeforeEnd(given)} and ${isAfter(given)} and ${isFound(given)}
    )
    select ${messageColumns} from (
      select room_id as room, seq as number from hits
      order by created_at desc, id desc limit ${given("limit")}
    ) as found
    join message.messages on room_id = room and seq = number
    order by messages.created_at desc, messages.id desc`,
);

/** So many words, the longest, narrow enough; the text tells the rest. */
const mostKeys = 6;

/** A condition on the words of a room's messages, of lexemes that PostgreSQL takes as they are. */
function keysOf(roomId: string, phrases: readonly Phrase[]): string {
  return phrases
    .flatMap(({ words, isPrefix }) => words.map((word) => ({ word, isPrefix })))
    .sort((a, b) => Number(a.isPrefix) - Number(b.isPrefix) || b.word.length - a.word.length)
    .slice(0, mostKeys)
    .map(({ word, isPrefix }) => `${quote(roomId + word)}${isPrefix ? ":*" : ""}`)
    .join(" & ");
}

function quote(lexeme: string): string {
  return `'${lexeme.replace(/['\\]/g, "$&$&")}'`;
}
