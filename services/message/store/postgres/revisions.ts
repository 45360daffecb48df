import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { RevisionsQuestion } from "../driver.ts";
import type { MessageChange, Reactors, Slice } from "../store.ts";
import { textToChanges } from "../stored-changes.ts";
import { rowToMessage, rowToMessageChange } from "./rows.ts";
import { type Database, type MessageRow, messageColumns } from "./schema.ts";

type Db = Kysely<Database>;

interface Ranges {
  roomIds: string[];
  from: number[];
  to: number[];
  limits: (number | undefined)[];
}

/** The index on revisions has messages that have changed alone. */
const selectChanges = statement(
  (_: Db, given: Given<Ranges>) => sql<MessageRow & { i: number }>`
    select i::int, m.*
    from unnest(${given("roomIds")}::text[], ${given("from")}::bigint[], ${given("to")}::bigint[],
      ${given("limits")}::int[])
      with ordinality as asked (room, low, high, most, i)
    cross join lateral (
      select ${messageColumns} from message.messages
      where room_id = room and revision > 0 and revision between low and high
      order by messages.revision limit most
    ) as m`,
);

export async function listChanges(
  db: Db,
  asked: readonly RevisionsQuestion[],
): Promise<MessageChange[][]> {
  const rows = await selectChanges(db, {
    roomIds: asked.map(({ roomId }) => roomId),
    from: asked.map(({ from }) => from),
    to: asked.map(({ to }) => to),
    limits: asked.map(({ limit }) => limit),
  });
  const found = asked.map((): MessageChange[] => []);
  for (const row of rows) found[row.i - 1]?.push(rowToMessageChange(row));
  for (const one of found) one.sort((a, b) => a.message.revision - b.message.revision);
  return found;
}

const selectReactors = statement(
  (_: Db, given: Given<Slice & { roomId: string; seq: number; emoji: string }>) =>
    sql<Pick<MessageRow, "changes"> & { userIds: string[] }>`
      select changes, to_json(array(
        select user_id from message.reactions r
        where r.room_id = m.room_id and r.seq = m.seq and r.emoji = ${given("emoji")}
        order by r.revision offset ${given("offset")} limit ${given("limit")})) as "userIds"
      from message.messages m
      where room_id = ${given("roomId")} and seq = ${given("seq")} and deleted_at is null`,
);

export async function listReactors(
  db: Db,
  roomId: string,
  seq: number,
  emoji: string,
  slice: Slice,
): Promise<Reactors | undefined> {
  const [row] = await selectReactors(db, { ...slice, roomId, seq, emoji });
  if (!row) return undefined;
  const { reactions } = textToChanges(row.changes).changes;
  const reaction = reactions.find((it) => it.emoji === emoji);
  return { userIds: row.userIds, total: reaction?.count ?? 0 };
}

const selectPins = statement(
  (_: Db, given: Given<{ roomId: string }>) => sql<MessageRow>`
    select ${messageColumns} from message.messages
    where room_id = ${given("roomId")} and pinned_at is not null
    order by pinned_at desc`,
);

export async function listPins(db: Db, roomId: string): Promise<Message[]> {
  return (await selectPins(db, { roomId })).map(rowToMessage);
}
