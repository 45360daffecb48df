import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runPlatform } from "#tools/platform/platform.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { launchService } from "#tools/platform/services/service-process.ts";
import { createOutput, onLines, signalEchoMs } from "#tools/platform/terminal.ts";
import { childrenOf } from "#tools/rig/children.ts";
import { shared } from "#tools/rig/shared.ts";
import { createCluster, firstFitting, query, temporaryFolder } from "./clusters.ts";
import { spawnSupervisor, until } from "./supervised.ts";

const listening = join(import.meta.dirname, "fixtures", "listening.ts");
const leftBehind = join(import.meta.dirname, "fixtures", "left-behind.ts");
const pidOf = async (url: string) => Number(await (await fetch(url)).text());

const cluster = await shared(createCluster());

async function rowsAfter<T>(dataDir: string, sql: string, during: () => Promise<T>): Promise<T> {
  {
    await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
    await query(postgres.url, sql);
  }
  return during();
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} stops the services, then PostgreSQL, with exit code 0`, async () => {
    const { dataDir } = cluster;
    const supervisor = spawnSupervisor(dataDir, ["listening"]);
    const { urls } = await supervisor.up();
    assert.ok((await pidOf(urls[0] ?? "")) > 0);
    supervisor.child.kill(signal);
    // npm passes on the signal that the terminal has sent already: that is no second Ctrl-C.
    supervisor.child.kill(signal);
    assert.equal(await supervisor.closed, 0);
    assert.ok(supervisor.out.lines.includes("listening| drained"));
    assert.deepEqual(supervisor.err.lines, []);
    assert.equal(existsSync(join(dataDir, "postgres", "postmaster.pid")), false);
    assert.match(
      readFileSync(join(dataDir, "postgres.log"), "utf8"),
      /database system is shut down\n$/,
    );
  });
}

test("a second signal ends what doesn't stop, and the data are fine", async () => {
  const { dataDir } = cluster;
  const supervisor = spawnSupervisor(dataDir, ["deaf"]);
  await supervisor.up();
  supervisor.child.kill("SIGINT");
  await supervisor.out.line(/not listening/);
  // Sooner, it would count as npm's echo of the first.
  await sleep(signalEchoMs + 100);
  supervisor.child.kill("SIGINT");
  assert.equal(await supervisor.closed, 130);
  assert.deepEqual(supervisor.err.lines, []);
  assert.ok(!supervisor.out.lines.some((it) => /ended unexpectedly/.test(it)));
  await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
  assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
});

test("after kill -9 of the supervisor everything ends by itself", async () => {
  const { dataDir } = cluster;
  const supervisor = spawnSupervisor(dataDir, ["listening"]);
  const { urls } = await supervisor.up();
  supervisor.child.kill("SIGKILL");
  await until(() =>
    pidOf(urls[0] ?? "").then(
      () => false,
      () => true,
    ),
  );
  await until(() => !existsSync(join(dataDir, "postgres", "postmaster.pid")));
});

test("after kill -9 of all but the postmaster the next start takes over, rows and all", async () => {
  const { dataDir } = cluster;
  await rowsAfter(dataDir, "create table if not exists kept as select 42 as answer", async () => {
    const supervisor = spawnSupervisor(dataDir, ["listening"]);
    const { postgresPid } = await supervisor.up();
    const children = childrenOf(supervisor.child.pid ?? 0);
    const watchdog = children.find((it) => it.command.includes("watchdog"));
    process.kill(watchdog?.pid ?? 0, "SIGKILL");
    supervisor.child.kill("SIGKILL");
    await supervisor.closed;
    const said = firstFitting<string>(() => true);
    await using postgres = await startEmbeddedPostgres({
      dataDir,
      port: 0,
      isFast: true,
      say: said.take,
    });
    assert.match(await said.promise, new RegExp(`\\(pid ${postgresPid}\\) still runs`));
    assert.notEqual(postgres.pid, postgresPid);
    assert.deepEqual(await query(postgres.url, "select answer from kept"), [[42]]);
  });
});

test("a service that can't start ends the whole start with its one line", async () => {
  const { dataDir } = cluster;
  const supervisor = spawnSupervisor(dataDir, ["listening", "failing"]);
  assert.equal(await supervisor.closed, 1);
  assert.deepEqual(supervisor.err.lines, ["failing: port 7 is in use: end what uses it"]);
  assert.equal(existsSync(join(dataDir, "postgres", "postmaster.pid")), false);
});

test("a DATA_DIR that this user may not read ends the start with one line", (t) => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, "closed");
  mkdirSync(dataDir);
  chmodSync(folder.path, 0o755);
  chmodSync(dataDir, 0o000);
  // Root may read everything, so it needs somebody else to try.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const supervisor = join(import.meta.dirname, "fixtures", "supervisor.ts");
  const canReach = spawnSync(process.execPath, ["--check", supervisor], user).status === 0;
  if (!canReach) return t.skip("another user can't reach this checkout");
  const { status, stderr } = spawnSync(process.execPath, [supervisor, dataDir, listening], {
    ...user,
    encoding: "utf8",
  });
  chmodSync(dataDir, 0o700);
  assert.equal(
    stderr,
    `DATA_DIR ${dataDir} may not be read and written by this user; give it to this user or set DATA_DIR\n`,
  );
  assert.equal(status, 1);
});

test("a service that dies is restarted, and one whose files change is replaced", async () => {
  using folder = temporaryFolder();
  const watched = join(folder.path, "watched");
  mkdirSync(watched);
  const never = new AbortController().signal;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const restarted = firstFitting<string>((line) => /ready again/.test(line));
  let next = restarted;
  const lines: string[] = [];
  onLines(stdout, (line) => {
    lines.push(line);
    next.take(line);
  });
  onLines(stderr, (line) => lines.push(line));
  await using platform = await runPlatform({
    services: [{ name: "one", entry: listening, watch: [watched] }],
    env: { ...process.env, DATABASE_URL: "postgres://127.0.0.1/unused" },
    dataDir: join(folder.path, ".data"),
    postgresPort: undefined,
    isWatching: true,
    output: createOutput(stdout, stderr),
    signal: never,
    force: never,
  });
  assert.equal(platform.postgresPid(), undefined);
  const first = await pidOf(platform.urls.get("one")?.[0] ?? "");
  process.kill(first, "SIGKILL");
  const second = await pidOf((await restarted.promise).split(" ").at(-1) ?? "");
  assert.notEqual(second, first);
  assert.ok(lines.includes("one ended unexpectedly (SIGKILL); next start in 0.25 s"));

  next = firstFitting<string>((line) => /ready again/.test(line));
  writeFileSync(join(watched, "a.ts"), "");
  writeFileSync(join(watched, "b.ts"), "");
  const third = await pidOf((await next.promise).split(" ").at(-1) ?? "");
  assert.notEqual(third, second);
  assert.ok(lines.includes(`${join(watched, "a.ts")} and 1 more changed: one is restarted`));
});

test("a user id without a name, as some clusters give containers, ends the start with one true line", async (t) => {
  const uid = 1_000_730_000;
  if (process.getuid?.() !== 0) return t.skip("needs root");
  const user = { uid, gid: 0 };
  const supervisor = join(import.meta.dirname, "fixtures", "supervisor.ts");
  const canReach = spawnSync(process.execPath, ["--check", supervisor], user).status === 0;
  if (!canReach) return t.skip("another user can't reach this checkout");
  using folder = temporaryFolder();
  chownSync(folder.path, uid, 0);
  const service = join(import.meta.dirname, "fixtures", "listening.ts");
  const start = () =>
    spawnSync(process.execPath, [supervisor, join(folder.path, ".data"), service], {
      ...user,
      encoding: "utf8",
      timeout: 30_000,
    });
  const { status, stderr } = start();
  assert.equal(
    stderr,
    `PostgreSQL can't make its data as a user without a name, and none has the id ${uid}: ` +
      "give the id a line in /etc/passwd, start as a user who has one, or set DATABASE_URL\n",
  );
  assert.equal(status, 1);
});

test("what a service's start left behind is collected once it is ready", async () => {
  const output = createOutput(new PassThrough(), new PassThrough());
  const spec = { name: "left-behind", entry: leftBehind, execArgv: ["--expose-gc"] };
  const service = launchService(spec, process.env, output);
  try {
    const [url = ""] = await service.ready;
    assert.equal(await (await fetch(url)).text(), "collected");
  } finally {
    await service.stop();
  }
});
