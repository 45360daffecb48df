import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { ThreadPage, ThreadSpan } from "../store.ts";
import { cutToPage } from "../threads.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns } from "./schema.ts";

type Db = Kysely<Database>;

interface ThreadHead {
  total: number;
  /** Whether there are replies on the other side of where the page begins. */
  hasOthers: boolean;
}
/** Where a page has no replies there is a row without one. */
type ThreadRow = ThreadHead & (MessageRow | { id: null });

/** Of a thread of the room that is asked about. */
const replies = sql`message.messages
  where messages.room_id = root.room_id and messages.thread_seq is not null
    and messages.thread_seq = root.seq`;

const selectReplies = statement(
  (
    _: Db,
    given: Given<{
      roomId: string;
      seq: number;
      before: number | undefined;
      after: number | undefined;
      most: number;
    }>,
  ) => sql<ThreadRow>`
    select root.reply_count as total,
      exists (select from ${replies} and (messages.seq <= ${given("after")}::bigint
        or messages.seq >= ${given("before")}::bigint)) as "hasOthers", m.*
    from message.messages root
    left join lateral (
      (select ${messageColumns} from ${replies} and messages.seq > ${given("after")}::bigint
      order by messages.seq limit ${given("most")})
      union all
      (select ${messageColumns} from ${replies} and ${given("after")}::bigint is null
        and messages.seq < coalesce(${given("before")}::bigint, ${sql.lit(2 ** 32)})
      order by messages.seq desc limit ${given("most")})
    ) as m on true
    where root.room_id = ${given("roomId")} and root.seq = ${given("seq")}::bigint`,
);

export async function listReplies(
  db: Db,
  roomId: string,
  seq: number,
  span: ThreadSpan,
): Promise<ThreadPage | undefined> {
  const { before, after, limit } = span;
  const rows = await selectReplies(db, { roomId, seq, before, after, most: limit + 1 });
  const [head] = rows;
  if (!head) return undefined;
  const messages = rows.flatMap((row) => (row.id === null ? [] : rowToMessage(row)));
  return { total: head.total, ...cutToPage(messages, span, head.hasOthers) };
}
