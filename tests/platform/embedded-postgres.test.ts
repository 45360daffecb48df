import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { shared } from "#tools/rig/shared.ts";
import { createCluster, firstFitting, query, temporaryFolder } from "./clusters.ts";

const cluster = await shared(createCluster());

const start = (dataDir: string, port = 0) => startEmbeddedPostgres({ dataDir, port, isFast: true });

test("the first start makes a cluster, the second keeps its rows", async () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, "new", ".data");
  {
    await using postgres = await startEmbeddedPostgres({ dataDir, port: 0 });
    const settings = ["synchronous_commit", "fsync", "listen_addresses", "server_encoding"];
    const shown = settings.map((name) => `current_setting('${name}')`).join(", ");
    assert.deepEqual(await query(postgres.url, `select ${shown}`), [
      ["on", "on", "127.0.0.1", "UTF8"],
    ]);
    await query(postgres.url, "create table if not exists kept as select 42 as answer");
  }
  await using postgres = await start(dataDir);
  assert.deepEqual(await query(postgres.url, "select answer from kept"), [[42]]);
});

test("DATA_DIR is closed to others, and only the password opens the server", async () => {
  const { dataDir } = cluster;
  await using postgres = await start(dataDir);
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  for (const name of ["lock", "pid", "postgres-password", "postgres.log"]) {
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
  }
  const wrong = new URL(postgres.url);
  wrong.password = "wrong";
  await assert.rejects(query(wrong.href, "select 1"), { code: "28P01" });
});

test("a second start on the same data is refused and harms nothing", async () => {
  const { dataDir } = cluster;
  await using postgres = await start(dataDir);
  await assert.rejects(start(dataDir), {
    name: "StartError",
    message: new RegExp(`^DATA_DIR ${dataDir} is in use by another start \\(pid ${process.pid}\\)`),
  });
  assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
});

test("a port in use is named, and nothing is left locked", async () => {
  const { dataDir } = cluster;
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  assert.ok(typeof address === "object" && address !== null);
  await assert.rejects(start(dataDir, address.port), {
    name: "StartError",
    message: `port ${address.port} is in use; stop what listens there, or set POSTGRES_PORT to a free port`,
  });
  other.close();
  await using _postgres = await start(dataDir);
});

test("a DATA_DIR where no folder can be made is named", {
  skip: !existsSync("/proc/self") && "no /proc",
}, async () => {
  await assert.rejects(start("/proc/nowhere/data"), {
    name: "StartError",
    message: /^DATA_DIR \/proc\/nowhere\/data can't be used/,
  });
});

test("a DATA_DIR that is a file, or lies below one, is named", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "file");
  writeFileSync(file, "mine");
  for (const dataDir of [file, join(file, "below")]) {
    await assert.rejects(start(dataDir), {
      name: "StartError",
      message: `DATA_DIR ${dataDir} is not a folder (or lies below a file); remove the file or set DATA_DIR to a folder`,
    });
  }
  assert.equal(readFileSync(file, "utf8"), "mine");
});

test("data of another PostgreSQL, or of none, are refused untouched", async () => {
  const { dataDir } = cluster;
  const version = join(dataDir, "postgres", "PG_VERSION");
  const current = readFileSync(version, "utf8").trim();
  writeFileSync(version, "9\n");
  await assert.rejects(start(dataDir), {
    name: "StartError",
    message: new RegExp(`was made by PostgreSQL 9, but this release runs ${current}:`),
  });
  rmSync(version);
  await assert.rejects(start(dataDir), {
    name: "StartError",
    message: /holds no PostgreSQL data;/,
  });
  writeFileSync(version, `${current}\n`);
  await using _postgres = await start(dataDir);
});

test("an interrupted first start leaves nothing that stands in the next one's way", async () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, ".data");
  const draft = join(dataDir, "postgres.new-killed");
  mkdirSync(join(draft, "base"), { recursive: true });
  writeFileSync(join(draft, "PG_VERSION"), "18\n");
  const stop = new AbortController();
  const interrupted = startEmbeddedPostgres({
    dataDir,
    port: 0,
    isFast: true,
    signal: stop.signal,
  });
  await (async () => {
    while (
      !readdirSync(dataDir).some(
        (it) => it.startsWith("postgres.new-") && it !== "postgres.new-killed",
      )
    ) {
      await new Promise(setImmediate);
    }
  })();
  stop.abort();
  await assert.rejects(interrupted, { name: "AbortError" });
  assert.equal(existsSync(draft), false);
  assert.equal(existsSync(join(dataDir, "postgres")), false);
  await using postgres = await start(dataDir);
  assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
});

test("a postmaster killed with -9 is replaced, on the same port with the same rows", async () => {
  const { dataDir } = cluster;
  const lines: string[] = [];
  const again = firstFitting<string>((line) => line === "PostgreSQL runs again");
  const say = (line: string) => {
    lines.push(line);
    again.take(line);
  };
  await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true, say });
  await query(postgres.url, "create table if not exists kept as select 42 as answer");
  const killed = postgres.pid;
  process.kill(killed, "SIGKILL");
  await again.promise;
  assert.notEqual(postgres.pid, killed);
  assert.deepEqual(await query(postgres.url, "select answer from kept"), [[42]]);
  assert.equal(lines[0], "PostgreSQL ended unexpectedly (SIGKILL); it is started again");
});

test("an old pid that another process has got by now keeps nobody from starting", async () => {
  const { dataDir } = cluster;
  const { uid, gid } = statSync(join(dataDir, "postgres"));
  const outsider = spawn("sleep", ["60"], process.getuid?.() === 0 ? { uid, gid } : {});
  await once(outsider, "spawn");
  const rest = [
    join(dataDir, "postgres"),
    "1700000000",
    "5433",
    "",
    "127.0.0.1",
    "  1   2",
    "ready",
  ];
  writeFileSync(
    join(dataDir, "postgres", "postmaster.pid"),
    `${[outsider.pid, ...rest].join("\n")}\n`,
    { mode: 0o644 },
  );
  {
    await using postgres = await start(dataDir);
    assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
  }
  assert.equal(outsider.exitCode ?? outsider.signalCode, null);
  outsider.kill();
  await once(outsider, "exit");
});

test("a lost password file is made anew", async () => {
  const { dataDir } = cluster;
  const file = join(dataDir, "postgres-password");
  const old = readFileSync(file, "utf8");
  rmSync(file);
  await using postgres = await start(dataDir);
  assert.notEqual(readFileSync(file, "utf8"), old);
  assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
});
