import { Client } from "pg";
import type { Fault, MissingFault } from "./fault.ts";
import { signalPostgres } from "./signal-postgres.ts";
import type { Target } from "./target.ts";

/** Every fault, in the order in which they are injected. */
export function faults(target: Target, isShort: boolean): (Fault | MissingFault)[] {
  const seconds = isShort ? 3 : 10;
  return [
    ...lostProcesses(isShort, seconds),
    ...lockedTables(isShort).map((table) => lockFault(table, seconds)),
    fullDisk(target, isShort ? 5 : 20),
    ...lostRedis(target, seconds),
    ...clocksApart(target, isShort, seconds),
  ];
}

function lostProcesses(isShort: boolean, seconds: number): Fault[] {
  return [
    {
      name: "auth paused",
      begin: ({ victims }) => victims.auth.pause(),
      end: ({ victims }) => victims.auth.resume(),
      chats: true,
      seconds,
    },
    {
      name: "auth killed",
      begin: ({ victims }) => victims.auth.kill(),
      end: ({ victims }) => victims.auth.start(),
      chats: true,
      seconds: isShort ? seconds : 62,
    },
    {
      name: "message killed",
      begin: ({ victims }) => victims.message.kill(),
      end: ({ victims }) => victims.message.start(),
      chats: false,
      seconds,
    },
    {
      name: "PostgreSQL paused",
      begin: (target) => signalPostgres(target, "SIGSTOP"),
      end: (target) => signalPostgres(target, "SIGCONT"),
      chats: false,
      seconds,
    },
    {
      name: "PostgreSQL killed",
      begin: (target) => signalPostgres(target, "SIGKILL"),
      end: () => undefined,
      chats: false,
      seconds: 3,
    },
  ];
}

function lockedTables(isShort: boolean): string[] {
  const tables = ["auth.sessions", "message.rooms"];
  return isShort ? tables : [...tables, "auth.users", "message.messages"];
}

function lockFault(table: string, seconds: number): Fault {
  let client: Client | undefined;
  return {
    name: `${table} locked`,
    async begin({ databaseUrl }) {
      client = new Client({ connectionString: databaseUrl });
      client.on("error", () => undefined);
      await client.connect();
      await client.query("begin");
      await client.query(`lock table ${table} in access exclusive mode`);
    },
    end: () => client?.end(),
    chats: table.startsWith("auth."),
    seconds,
  };
}

function fullDisk({ disk, databaseUrl }: Target, seconds: number): Fault | MissingFault {
  const name = "PostgreSQL's disk full";
  if (!disk) return { name, missing: "a file system can be mounted by root only" };
  return {
    name,
    async begin() {
      disk.fill();
      const client = new Client({ connectionString: databaseUrl });
      client.on("error", () => undefined);
      await client.connect();
      // There is room left in the file of the log that is being written, and in those that
      // stand by to be written again: on, until there is no next one.
      for (let has = true; has; ) {
        has = await client
          .query("select pg_logical_emit_message(true, '', '')")
          .then(() => client.query("select pg_switch_wal()"))
          .then(
            () => true,
            () => false,
          );
      }
      await client.end().catch(() => undefined);
    },
    end: () => disk.free(),
    chats: false,
    seconds,
  };
}

/** With limits that nobody reaches, so that each request asks Redis for its count. */
const counted = { RATE_LIMIT_PER_MINUTE: "1000000", AUTH_RATE_LIMIT_PER_MINUTE: "1000000" };

function lostRedis({ redis }: Target, seconds: number): (Fault | MissingFault)[] {
  const names = ["Redis killed", "Redis paused"] as const;
  if (!redis) return names.map((name) => ({ name, missing: "no redis-server is installed" }));
  const service = { REDIS_URL: redis.url, ...counted };
  const settings = { auth: service, message: service, gateway: service };
  const common = { chats: true, isHarmless: true, seconds, settings };
  return [
    { name: names[0], begin: () => redis.stop(), end: () => redis.start(), ...common },
    { name: names[1], begin: () => redis.pause(), end: () => redis.resume(), ...common },
  ];
}

/** How far our services take each other's clocks for right, at most. */
const toleratedSeconds = 30;

function clocksApart(
  { clock }: Target,
  isShort: boolean,
  seconds: number,
): (Fault | MissingFault)[] {
  const cases = [
    { service: "auth", by: toleratedSeconds - 2, seconds },
    { service: "auth", by: 600, seconds },
    { service: "auth", by: 2 - toleratedSeconds, seconds },
    { service: "auth", by: -600, seconds },
    { service: "message", by: -600, seconds: 130, outlastsTokens: true },
  ] as const;
  return cases.slice(0, isShort ? 2 : cases.length).map(({ service, by, ...rest }) => {
    const [amount, unit] = Math.abs(by) < 60 ? [by, "s"] : [by / 60, "min"];
    const name = `${service}'s clock ${Math.abs(amount)} ${unit} ${by < 0 ? "behind" : "ahead"}`;
    if (!clock) return { name, missing: "no libfaketime is installed (Debian: faketime)" };
    const isTolerated = Math.abs(by) <= toleratedSeconds;
    return {
      name,
      // By a little they are apart from the start; by much nobody would get in to begin with.
      prepare: () => clock.set(isTolerated ? by : 0),
      begin: () => clock.set(by),
      end: () => clock.set(0),
      chats: true,
      isHarmless: isTolerated,
      mayRefuseTokens: !isTolerated,
      // By its name each has a process of its own, which knows no other time.
      settings: { [service]: { ...clock.settings, ATTACK: name } },
      ...rest,
    };
  });
}
