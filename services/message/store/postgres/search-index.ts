import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { wordsOf } from "#message/search/words.ts";
import type { Database } from "./schema.ts";

type Db = Kysely<Database>;

/**
 * Puts the words of messages into the index behind the sends: up to a position of each room, above
 * which a search reads the messages themselves.
 */
export interface SearchIndex {
  /** There may be new messages in these rooms. */
  stored: (roomIds: Iterable<string>) => void;
  /**
   * Indexes some of the messages of those rooms, or of all that are behind; answers whether there
   * may be more.
   */
  advance: (where: "here" | "everywhere") => Promise<boolean>;
}

/** What one transaction takes at most. */
const most = { rooms: 100, messages: 500 };

export function createSearchIndex(db: Db): SearchIndex {
  /** Rooms that may be behind. What a crash forgets is found by the next look everywhere. */
  const behind = new Set<string>();

  return {
    stored(roomIds) {
      for (const roomId of roomIds) behind.add(roomId);
    },
    async advance(where) {
      if (where === "everywhere" && behind.size < most.rooms) {
        for (const { roomId } of await selectBehind(db, {})) behind.add(roomId);
      }
      const roomIds = [...behind].slice(0, most.rooms).sort();
      if (roomIds.length === 0) return false;
      for (const roomId of roomIds) behind.delete(roomId);
      let isFull = true;
      try {
        isFull = (await indexRooms(db, roomIds)) === most.messages;
      } finally {
        if (isFull) for (const roomId of roomIds) behind.add(roomId);
      }
      return behind.size > 0;
    },
  };
}

const selectBehind = statement(
  (_: Db) => sql<{ roomId: string }>`
    select r.id as "roomId"
    from message.rooms r left join message.search_positions p on p.room_id = r.id
    where r.last_seq > coalesce(p.seq, 0) limit ${sql.lit(most.rooms)}`,
);

/** Answers how many messages were indexed. Rooms that another instance is at are left to it. */
function indexRooms(db: Db, roomIds: string[]): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await insertPositions(trx, { roomIds });
    const rows = await selectUnindexed(trx, { roomIds });
    if (rows.length > 0) await insertWords(trx, toColumns(rows));
    return rows.length;
  });
}

const insertPositions = statement(
  (_: Db, given: Given<{ roomIds: string[] }>) => sql`
    insert into message.search_positions (room_id, seq)
    select id, 0 from unnest(${given("roomIds")}::text[]) as id
    where not exists (select from message.search_positions where room_id = id)
    on conflict (room_id) do nothing`,
);

interface Unindexed {
  roomId: string;
  seq: number;
  content: string;
}

const selectUnindexed = statement(
  (_: Db, given: Given<{ roomIds: string[] }>) => sql<Unindexed>`
    with locked as materialized (
      select room_id, seq from message.search_positions
      where room_id = any(${given("roomIds")}::text[])
      order by room_id for update skip locked
    )
    select m.* from locked cross join lateral (
      select room_id as "roomId", seq, content from message.messages
      where room_id = locked.room_id and seq > locked.seq
      order by seq limit ${sql.lit(most.messages)}
    ) as m
    limit ${sql.lit(most.messages)}`,
);

interface WordColumns {
  roomIds: string[];
  seqs: number[];
  words: string[];
}

/** A message that was changed or deleted since it was read has its row already. */
const insertWords = statement(
  (_: Db, given: Given<WordColumns>) => sql`
    with given as (
      select * from unnest(${given("roomIds")}::text[], ${given("seqs")}::int[],
        ${given("words")}::text[]) as t (room, number, line)
    ),
    moved as (
      update message.search_positions p set seq = reached.number
      from (select room, max(number) as number from given group by room) as reached
      where p.room_id = reached.room
    )
    insert into message.searchable (room_id, seq, id, user_id, created_at, words)
    select room_id, seq, id, user_id, created_at, line
    from given join message.messages on room_id = room and seq = number where line <> ''
    on conflict (room_id, seq) do nothing`,
);

function toColumns(rows: readonly Unindexed[]): WordColumns {
  return {
    roomIds: rows.map(({ roomId }) => roomId),
    seqs: rows.map(({ seq }) => seq),
    words: rows.map(({ content }) => wordsOf(content).join(" ")),
  };
}
