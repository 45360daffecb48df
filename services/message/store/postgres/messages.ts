import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { readDistinct } from "../distinct.ts";
import type { MessageRange, PageQuestion } from "../driver.ts";
import type { MessagePage } from "../store.ts";
import { type Askers, askersOf, membersAmong } from "./members.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns, publicRoom } from "./schema.ts";

type Db = Kysely<Database>;

/** The messages of a room between two numbers. By the order PostgreSQL keeps to their index. */
const messagesBetween = (roomId: string, from: string, to: string) => sql`
  select ${messageColumns} from message.messages
  where room_id = ${sql.raw(roomId)} and seq between ${sql.raw(from)} and ${sql.raw(to)} order by seq`;

const selectRanges = statement(
  (_: Db, given: Given<{ roomIds: string[]; from: number[]; to: number[] }>) =>
    sql<MessageRow & { i: number }>`
      select i::int, m.*
      from unnest(${given("roomIds")}::text[], ${given("from")}::bigint[], ${given("to")}::bigint[])
        with ordinality as asked (room, low, high, i)
      cross join lateral (${messagesBetween("room", "low", "high")}) as m`,
);

export async function listRanges(db: Db, ranges: readonly MessageRange[]): Promise<Message[][]> {
  const rows = await selectRanges(db, {
    roomIds: ranges.map(({ roomId }) => roomId),
    from: ranges.map(({ from }) => from),
    to: ranges.map(({ to }) => to),
  });
  const found = ranges.map((): Message[] => []);
  for (const row of rows) found[row.i - 1]?.push(rowToMessage(row));
  return found.map(putInOrder);
}

interface PageHead {
  i: number;
  lastSeq: number;
  lastRevision: number;
  roomType: RoomType;
  /** Who of those who ask is in the room, if anybody; null but in a page's first row. */
  readers: string[] | null;
}
/** A page without messages is a row without one. */
type PageRow = PageHead & (MessageRow | { id: null });

/** Counts the numbers of each page as `numbersOf` does. */
const selectPages = statement(
  (
    _: Db,
    given: Given<
      Askers & {
        rooms: string[];
        from: (number | undefined)[];
        upTo: (number | undefined)[];
        skip: number[];
        limits: number[];
      }
    >,
  ) =>
    sql<PageRow>`
      with here as (${membersAmong(given)})
      select i::int, last_seq as "lastSeq", last_revision as "lastRevision",
        room_type as "roomType",
        case when seq is null or seq = low then present end as readers, m.*
      from unnest(${given("rooms")}::text[], ${given("from")}::bigint[], ${given("upTo")}::bigint[],
        ${given("skip")}::bigint[], ${given("limits")}::int[])
        with ordinality as asked (room, first, up_to, skip, most, i)
      join message.rooms r on r.id = room
      left join here on here.room_id = room
      cross join lateral (select greatest(least(up_to, last_seq - skip), 0) as high) as upper
      cross join lateral (select coalesce(first, greatest(high - most + 1, 1)) as low) as lower
      left join lateral (${messagesBetween("room", "low", "high")}) as m on true
      where room_type = ${publicRoom} or present is not null`,
);

export async function listPages(
  db: Db,
  asked: readonly PageQuestion[],
): Promise<(MessagePage | null)[]> {
  const pages = await readDistinct(
    asked,
    ({ roomId, span }) => JSON.stringify([roomId, span]),
    (distinct) => readPages(db, distinct, askersOf(asked)),
  );
  return asked.map((question) => {
    const found = pages.get(question);
    return found?.isPublic || found?.readers.has(question.userId) ? found.page : null;
  });
}

/** A page, and who may read it if its room isn't public. */
interface FoundPage {
  page: MessagePage;
  isPublic: boolean;
  readers: Set<string>;
}

/** Of private rooms that none of those who ask is in nothing is read. */
async function readPages(
  db: Db,
  asked: readonly PageQuestion[],
  askers: Askers,
): Promise<(FoundPage | undefined)[]> {
  const spans = asked.map(({ span }) => span);
  const rows = await selectPages(db, {
    ...askers,
    rooms: asked.map(({ roomId }) => roomId),
    from: spans.map(({ from }) => from),
    upTo: spans.map(({ upTo }) => upTo),
    skip: spans.map(({ skip = 0 }) => skip),
    limits: spans.map(({ limit }) => limit),
  });
  const found = asked.map((): FoundPage | undefined => undefined);
  for (const row of rows) {
    const one = found[row.i - 1] ?? {
      page: { lastSeq: row.lastSeq, lastRevision: row.lastRevision, messages: [] },
      isPublic: row.roomType === RoomType.PUBLIC,
      readers: new Set(),
    };
    found[row.i - 1] = one;
    for (const userId of row.readers ?? []) one.readers.add(userId);
    if (row.id !== null) one.page.messages.push(rowToMessage(row));
  }
  for (const one of found) if (one) putInOrder(one.page.messages);
  return found;
}

/** They come so; what PostgreSQL promises is the order of a whole answer, sorted once more. */
function putInOrder(messages: Message[]): Message[] {
  return messages.sort((a, b) => a.seq - b.seq);
}
