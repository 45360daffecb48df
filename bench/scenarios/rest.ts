import { hash, verify } from "@node-rs/argon2";
import { defaultPasswordCost } from "#auth/passwords/passwords.ts";
import { ROOT } from "#contract/root.ts";
import { post } from "#tools/rig/api.ts";
import { type Calls, keepCalling, warmUp } from "../measure/calls.ts";
import {
  asMedian,
  comparison,
  type Goals,
  type Measured,
  measureRounds,
  withSpread,
} from "../measure/compare.ts";
import { type HttpConnection, openHttpConnection, requestOf } from "../measure/http-connection.ts";
import { openExpress, openPlatform, pages, type Site } from "../measure/rest-site.ts";
import { pooled } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const columns = {
  perSecond: withSpread("requests/s"),
  p50: asMedian("p50 ms"),
  p99: asMedian("p99 ms"),
  cpu: withSpread("CPU µs a request"),
  gateway: asMedian("gateway"),
  auth: asMedian("auth"),
  message: asMedian("message"),
  PostgreSQL: asMedian("PostgreSQL"),
};
const hashColumns = { ...columns, own: withSpread("CPU besides the hash") };

type Figure = keyof typeof columns;

/** How many ask: each connection waits for its answer, and the users take turns. */
interface Mix {
  users: number;
  connections: number;
}

type Call = (connection: HttpConnection) => Promise<unknown>;

interface Work {
  title: string;
  baseline?: "bare Express" | "bare argon2";
  mixes: Map<Mix, Goals<Figure | "own">>;
  ms: number;
  /** Calls before the first round of the first mix. */
  warmUp: number;
  prepare: (site: Site, mix: Mix) => Promise<Call>;
}

interface Contender {
  name: string;
  measure: (work: Work, mix: Mix) => Promise<Calls & Record<Figure, number>>;
}

const other = "the other checkout";
const wide: Mix = { users: 32, connections: 32 };
const fewUsers: Mix = { users: 8, connections: 32 };
const narrow: Mix = { users: 32, connections: 2 };
/** More would wait for their hash longer than a slow machine lets them. */
const loggingIn: Mix = { users: 32, connections: 8 };
const p99 = { atMost: 0.5 };

const works: readonly Work[] = [
  { ...reading("GET profile", 0.22, () => "/api/auth/profile"), baseline: "bare Express" },
  reading("GET rooms, five", 0.2, () => "/api/rooms"),
  reading("a page of 50, one for all", 0.3, (roomId) => pageOf(roomId, 1)),
  reading("pages of 50, 1 to 10", 0.4, (roomId, i) => pageOf(roomId, 1 + (i % pages))),
  {
    title: "login",
    baseline: "bare argon2",
    mixes: new Map([
      [
        loggingIn,
        { [other]: { own: { atMost: 0.6 } }, "bare argon2": { perSecond: { atLeast: 0.85 } } },
      ],
      [narrow, {}],
    ]),
    ms: 4_000,
    warmUp: 100,
    async prepare({ users }, mix) {
      const logins = users.slice(0, mix.users).map(({ email, password }) => ({ email, password }));
      return inTurn(logins.map((body) => requestOf("POST", "/api/auth/login", { body })));
    },
  },
  {
    title: "refresh, of a session each",
    mixes: new Map([
      [wide, { [other]: { cpu: { atMost: 0.5 }, p99 } }],
      [narrow, {}],
    ]),
    ms: 1_000,
    warmUp: 1_000,
    prepare: refreshing,
  },
];

export const rest: Scenario = {
  about: "REST over kept connections, against bare Express and bare argon2",
  async run({ rounds, say, against }) {
    await using stack = new AsyncDisposableStack();
    const open = async (name: string, site: Promise<Site>) =>
      contenderOf(name, stack.use(await site));
    const platforms = [await open("ours", openPlatform(ROOT))];
    if (against) platforms.push(await open(other, openPlatform(against)));
    const baselines = [await open("bare Express", openExpress()), await bareArgon2()];
    for (const work of works) {
      const contenders = [...platforms, ...baselines.filter((it) => it.name === work.baseline)];
      const [firstMix] = work.mixes.keys();
      for (const [mix, goals] of work.mixes) {
        const sides = contenders.map(({ name, measure }) => ({
          name,
          samples: [],
          measure: () => measure(work, mix),
        }));
        if (mix === firstMix) for (const side of sides) await warmUp(work.warmUp, side.measure);
        await measureRounds(sides, rounds);
        const title = `${work.title}: ${mix.users} users, ${mix.connections} connections`;
        say(
          work.baseline === "bare argon2"
            ? comparison(title, hashColumns, besidesTheHash(sides), goals)
            : comparison(title, columns, sides, goals),
        );
      }
    }
    say(
      "Each connection has one request at a time; the users take turns. A user is in five rooms, one of " +
        "which all share; it holds the pages. CPU: that of all processes below `npm start`, by " +
        "/proc, in production settings without limits; the supervisor's, which passes on the access " +
        "log, is in the sum. Baselines: bench/baselines/express.ts; argon2 with the parameters of " +
        "ours, two at once, in the load's process. The goals for another checkout are those for commit a61169c.",
    );
  },
};

function pageOf(roomId: string, page: number): string {
  return `/api/rooms/${roomId}/messages?page=${page}&limit=50`;
}

function reading(
  title: string,
  cpuGoal: number,
  path: (roomId: string, i: number) => string,
): Work {
  return {
    title,
    mixes: new Map([
      [
        wide,
        {
          [other]: { cpu: { atMost: cpuGoal }, p99 },
          "bare Express": { perSecond: { atLeast: 0.6 } },
        },
      ],
      [fewUsers, { [other]: { p99 } }],
      [narrow, { [other]: { cpu: { atMost: 0.4 } } }],
    ]),
    ms: 2_000,
    warmUp: 20_000,
    async prepare({ users, roomId }, mix) {
      const asking = users.slice(0, mix.users);
      // Signs in again whose token would soon expire.
      for (const user of asking) await user.get("/api/auth/profile");
      const requests = Array.from({ length: mix.users * pages }, (_, i) =>
        requestOf("GET", path(roomId, i), { token: asking[i % mix.users]?.accessToken }),
      );
      return inTurn(requests);
    },
  };
}

function inTurn(requests: readonly Buffer[]): Call {
  let next = 0;
  return (connection) => connection.ask(requests[next++ % requests.length] ?? Buffer.of());
}

/** So many that none is refreshed more often than a session may be in a minute. */
const sessionsEach = 4;

/** Each refresh is of another session than those under way. */
async function refreshing({ url, users }: Site): Promise<Call> {
  const tokens: string[] = [];
  await pooled(users.length * sessionsEach, 2, async (i) => {
    const { email = "", password = "" } = users[i % users.length] ?? {};
    const { status, body } = await post(`${url}/api/auth/login`, { email, password });
    if (status !== 200) throw new Error(`not signed in: ${JSON.stringify(body)}`);
    tokens.push(String(body.refreshToken));
  });
  return async (connection) => {
    const body = { refreshToken: tokens.shift() };
    const answer = await connection.ask(requestOf("POST", "/api/auth/refresh", { body }));
    tokens.push(JSON.parse(answer.toString()).refreshToken);
  };
}

function contenderOf(name: string, site: Site): Contender {
  return {
    name,
    async measure({ prepare, ms }, mix) {
      const call = await prepare(site, mix);
      const connections = await Promise.all(
        Array.from({ length: mix.connections }, () => openHttpConnection(site.url)),
      );
      const before = await site.cpu();
      const calls = await keepCalling(mix.connections, ms, async (lane) => {
        const connection = connections[lane];
        if (connection) await call(connection);
      });
      const after = await site.cpu();
      for (const connection of connections) connection.close();
      const used = (part: string) =>
        ((after.get(part) ?? Number.NaN) - (before.get(part) ?? 0)) / calls.count;
      return {
        ...calls,
        cpu: [...after.keys()].reduce((sum, part) => sum + used(part), 0),
        gateway: used("gateway"),
        auth: used("auth"),
        message: used("message"),
        PostgreSQL: used("PostgreSQL"),
      };
    },
  };
}

async function bareArgon2(): Promise<Contender> {
  const password = "correct horse battery";
  const stored = await hash(password, { ...defaultPasswordCost, parallelism: 1 });
  const parts = {
    gateway: Number.NaN,
    auth: Number.NaN,
    message: Number.NaN,
    PostgreSQL: Number.NaN,
  };
  return {
    name: "bare argon2",
    async measure({ ms }, { connections }) {
      const before = process.cpuUsage();
      const calls = await keepCalling(Math.min(connections, 2), ms, () => verify(stored, password));
      const { user, system } = process.cpuUsage(before);
      return { ...calls, ...parts, cpu: (user + system) / calls.count };
    },
  };
}

/** Adds what a login costs besides what bare argon2, the last of the sides, has cost in its round. */
function besidesTheHash(sides: readonly Measured<Figure>[]) {
  const hashes = sides.at(-1)?.samples ?? [];
  return sides.map(({ name, samples }) => ({
    name,
    samples: samples.map((it, i) => ({ ...it, own: it.cpu - (hashes[i]?.cpu ?? Number.NaN) })),
  }));
}
