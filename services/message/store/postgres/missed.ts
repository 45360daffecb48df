import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { MissedQuestion } from "../driver.ts";
import type { Missed } from "../store.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, type MessageRow, messageColumns } from "./schema.ts";

type Db = Kysely<Database>;

interface MissedHead {
  i: number;
  roomSeq: number;
  roomRevision: number;
  /** Whether the message is there for its change. */
  isChange: boolean | null;
}
/** Where nothing was missed there is a row without a message. */
type MissedRow = MissedHead & (MessageRow | { id: null });

interface MissedValues {
  roomIds: string[];
  afterSeq: number[];
  afterRevision: (number | undefined)[];
  limits: number[];
}

const selectMissed = statement(
  (_: Db, given: Given<MissedValues>) => sql<MissedRow>`
    select i::int, r.last_seq as "roomSeq", r.last_revision as "roomRevision", m.*
    from unnest(${given("roomIds")}::text[], ${given("afterSeq")}::bigint[],
      ${given("afterRevision")}::bigint[], ${given("limits")}::int[])
      with ordinality as asked (room, last, since, most, i)
    join message.rooms r on r.id = room
    left join lateral (
      (select false as "isChange", ${messageColumns} from message.messages
      where room_id = room and seq > last order by messages.seq limit most)
      union all
      (select true, ${messageColumns} from message.messages
      where room_id = room and revision > 0 and revision > since and seq <= last
      order by messages.revision limit most + 1)
    ) as m on true`,
);

export async function listMissed(
  db: Db,
  asked: readonly MissedQuestion[],
): Promise<(Missed | null)[]> {
  const rows = await selectMissed(db, {
    roomIds: asked.map(({ roomId }) => roomId),
    afterSeq: asked.map(({ afterSeq }) => afterSeq),
    afterRevision: asked.map(({ afterRevision }) => afterRevision),
    limits: asked.map(({ limit }) => limit),
  });
  const found = asked.map((): Missed | null => null);
  for (const row of rows) {
    const { i, roomSeq: lastSeq, roomRevision: lastRevision } = row;
    const missed = found[i - 1] ?? { lastSeq, lastRevision, messages: [], changes: [] };
    found[i - 1] = missed;
    if (row.id !== null) missed[row.isChange ? "changes" : "messages"].push(rowToMessage(row));
  }
  for (const missed of found) {
    missed?.messages.sort((a, b) => a.seq - b.seq);
    missed?.changes.sort((a, b) => a.revision - b.revision);
  }
  return found;
}
