import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { presenceKeptMs } from "../presences.ts";
import type { PresenceChange, Seen } from "../store.ts";
import { type Database, milliseconds } from "./schema.ts";

type Db = Kysely<Database>;

const offline = sql.lit(PresenceStatus.OFFLINE);

/** Instances that ended long ago leave behind when their users were seen last. */
const renew = statement(
  (_: Db, given: Given<{ id: string; lifetimeMs: number }>) => sql<{ wasKnown: boolean }>`
    with dead as (
      delete from message.presence_instances
      where ends_at < clock_timestamp() - ${sql.lit(presenceKeptMs)} * interval '1 millisecond'
        and id <> ${given("id")}::text
      returning id, seen_at
    ),
    gone as (
      delete from message.presences p using dead where p.instance_id = dead.id
      returning p.user_id, dead.seen_at
    ),
    seen as (
      insert into message.last_seen (user_id, at)
      select user_id, max(seen_at) from gone group by user_id order by user_id
      on conflict (user_id) do update set at = greatest(last_seen.at, excluded.at)
    ),
    renewed as (
      insert into message.presence_instances (id, seen_at, ends_at)
      select ${given("id")}::text, now,
        now + ${given("lifetimeMs")}::int * interval '1 millisecond'
      from clock_timestamp() as now
      on conflict (id) do update set seen_at = excluded.seen_at, ends_at = excluded.ends_at
    )
    select exists (
      select from message.presence_instances where id = ${given("id")}::text
    ) as "wasKnown"`,
);

export async function renewPresences(db: Db, id: string, lifetimeMs: number): Promise<boolean> {
  const [row] = await renew(db, { id, lifetimeMs });
  return row?.wasKnown ?? false;
}

interface Put {
  instanceId: string;
  userIds: string[];
  statuses: number[];
  times: (string | null)[];
}

const put = statement(
  (_: Db, given: Given<Put>) => sql`
    with put as (
      select * from unnest(${given("userIds")}::text[], ${given("statuses")}::smallint[],
        ${given("times")}::timestamptz[]) as put (user_id, status, at)
    ),
    gone as (
      delete from message.presences p using put
      where p.user_id = put.user_id and p.instance_id = ${given("instanceId")}::text
        and put.status = ${offline}
    ),
    seen as (
      insert into message.last_seen (user_id, at)
      select user_id, at from put where at is not null order by user_id
      on conflict (user_id) do update set at = greatest(last_seen.at, excluded.at)
    )
    insert into message.presences (user_id, instance_id, status)
    select user_id, ${given("instanceId")}::text, status from put where status <> ${offline}
    on conflict (user_id, instance_id) do update set status = excluded.status`,
);

export async function putPresences(
  db: Db,
  instanceId: string,
  changes: readonly PresenceChange[],
): Promise<void> {
  await put(db, {
    instanceId,
    userIds: changes.map(({ userId }) => userId),
    statuses: changes.map(({ status }) => status),
    times: changes.map(({ lastSeenAt }) => lastSeenAt?.toISOString() ?? null),
  });
}

interface SeenRow {
  userId: string;
  /** Null where no instance says that the user is there. */
  status: PresenceStatus | null;
  lastSeenAt: number | null;
}

const selectSeen = statement(
  (_: Db, given: Given<{ userIds: string[]; exceptId: string }>) => sql<SeenRow>`
    select asked.id as "userId", there.status,
      ${sql.raw(milliseconds("greatest(last.at, there.ended_at)"))} as "lastSeenAt"
    from unnest(${given("userIds")}::text[]) as asked (id)
    left join lateral (
      select min(p.status) filter (where i.ends_at > clock_timestamp()) as status,
        max(i.seen_at) filter (where i.ends_at <= clock_timestamp()) as ended_at
      from message.presences p join message.presence_instances i on i.id = p.instance_id
      where p.user_id = asked.id and p.instance_id <> ${given("exceptId")}::text
    ) there on true
    left join message.last_seen last on last.user_id = asked.id`,
);

export async function readPresences(
  db: Db,
  userIds: readonly string[],
  exceptId: string,
): Promise<Map<string, Seen>> {
  const rows = await selectSeen(db, { userIds: [...userIds], exceptId });
  return new Map(
    rows.flatMap(({ userId, status, lastSeenAt }): [string, Seen][] => {
      if (status !== null) return [[userId, { status, lastSeenAt: undefined }]];
      if (lastSeenAt === null) return [];
      return [[userId, { status: PresenceStatus.OFFLINE, lastSeenAt: new Date(lastSeenAt) }]];
    }),
  );
}
