import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { NotifyLevel } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { ChangesQuestion, MembersQuestion, RoomQuestion } from "../driver.ts";
import type { StoredMember } from "../room-view.ts";
import type { MemberList, MembershipChange } from "../store.ts";
import { mentionCountAbove } from "./mentions.ts";
import { columnsOf, type Database, milliseconds } from "./schema.ts";

type Db = Kysely<Database>;

/** Users, and for each the room that they ask about. */
export interface Askers {
  roomIds: string[];
  userIds: string[];
}

export function askersOf(asked: readonly RoomQuestion[]): Askers {
  return {
    roomIds: asked.map(({ roomId }) => roomId),
    userIds: asked.map(({ userId }) => userId),
  };
}

/** Of each room those who ask about it and are in it; rooms with nobody are left out. */
export const membersAmong = (given: Given<Askers>) => sql`
  select room_id, json_agg(user_id) as present
  from unnest(${given("roomIds")}::text[], ${given("userIds")}::text[]) as asked (room_id, user_id)
  join message.memberships using (room_id, user_id) group by room_id`;

/** Up to where a member `m` has read. */
export const readSeq = `coalesce(m.read_seq,
  (select last_seq from message.rooms_before_reads where room_id = m.room_id), 0)`;

/** How what a room is to a member `m` is read. */
const memberReads = {
  joinedAt: milliseconds("m.joined_at"),
  readSeq,
  mentionCount: mentionCountAbove(readSeq),
  notify: "m.notify",
} satisfies Record<keyof MemberStateRow, string>;

export interface MemberStateRow {
  joinedAt: number;
  readSeq: number;
  mentionCount: number;
  notify: NotifyLevel | null;
}

export const memberColumns = columnsOf(memberReads);

export function rowToMember({ joinedAt, notify, ...row }: MemberStateRow): StoredMember {
  return { ...row, joinedAt: new Date(joinedAt), notify: notify ?? undefined };
}

/** As JSON, with who it is. */
const memberJson = sql.raw(
  `json_build_object('userId', m.user_id, ${Object.entries(memberReads)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(", ")})`,
);

/** What the rooms are to those who ask about them and are in them; rooms with nobody are left out. */
export const statesOfAskers = (given: Given<Askers>) => sql`
  select room_id, json_agg(${memberJson}) as states
  from unnest(${given("roomIds")}::text[], ${given("userIds")}::text[]) as asked (room_id, user_id)
  join message.memberships m using (room_id, user_id) group by room_id`;

export interface AskerState extends MemberStateRow {
  userId: string;
}

interface MemberRow {
  i: number;
  total: number;
  /** Null where the page is empty. */
  userId: string | null;
  joinedAt: number;
}

const selectMembers = statement(
  (_: Db, given: Given<{ roomIds: string[]; offsets: number[]; limits: number[] }>) =>
    sql<MemberRow>`
      select i::int, r.member_count as total, m.user_id as "userId",
        ${sql.raw(milliseconds("m.joined_at"))} as "joinedAt"
      from unnest(${given("roomIds")}::text[], ${given("offsets")}::bigint[],
        ${given("limits")}::int[]) with ordinality as asked (room_id, first, most, i)
      join message.rooms r on r.id = asked.room_id
      left join lateral (
        select user_id, joined_at, position from message.memberships
        where room_id = r.id order by position offset first limit most
      ) m on true
      order by i, position`,
);

export async function listMembers(
  db: Db,
  asked: readonly MembersQuestion[],
): Promise<MemberList[]> {
  const rows = await selectMembers(db, {
    roomIds: asked.map(({ roomId }) => roomId),
    offsets: asked.map(({ offset }) => offset),
    limits: asked.map(({ limit }) => limit),
  });
  const lists = asked.map((): MemberList => ({ members: [], total: 0 }));
  for (const { i, total, userId, joinedAt } of rows) {
    const list = lists[i - 1];
    if (!list) continue;
    list.total = total;
    if (userId !== null) list.members.push({ userId, joinedAt: new Date(joinedAt) });
  }
  return lists;
}

const selectChanges = statement(
  (_: Db, given: Given<{ userIds: string[]; from: number[]; to: number[] }>) =>
    sql<MembershipChange & { i: number }>`
      select i::int, log.user_id as "userId", log.number, log.room_id as "roomId",
        log.is_member as "isMember"
      from unnest(${given("userIds")}::text[], ${given("from")}::bigint[], ${given("to")}::bigint[])
        with ordinality as asked (user_id, low, high, i)
      join message.membership_log log
        on log.user_id = asked.user_id and log.number between low and high
      order by i, log.number`,
);

export async function listMembershipChanges(
  db: Db,
  asked: readonly ChangesQuestion[],
): Promise<MembershipChange[][]> {
  const rows = await selectChanges(db, {
    userIds: asked.map(({ userId }) => userId),
    from: asked.map(({ from }) => from),
    to: asked.map(({ to }) => to),
  });
  const lists = asked.map((): MembershipChange[] => []);
  for (const { i, ...change } of rows) lists[i - 1]?.push(change);
  return lists;
}

const selectMembershipPositions = statement(
  (_: Db, given: Given<{ userIds: string[] }>) =>
    sql<{ userId: string; lastNumber: number }>`
      select user_id as "userId", last_number as "lastNumber"
      from message.membership_counters where user_id = any(${given("userIds")}::text[])`,
);

export async function listMembershipPositions(
  db: Db,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await selectMembershipPositions(db, { userIds: [...userIds] });
  return new Map(rows.map((row) => [row.userId, row.lastNumber]));
}
