import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { migrations } from "#auth/db/migrations.ts";
import { createLogger } from "#common/log.ts";
import { migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { runPlatform } from "#tools/platform/platform.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { ensureServiceRoles } from "#tools/platform/postgres/service-roles.ts";
import { envFor } from "#tools/platform/services/service-process.ts";
import { createOutput } from "#tools/platform/terminal.ts";
import { shared } from "#tools/rig/shared.ts";
import { createCluster, query } from "./clusters.ts";

const cluster = await shared(createCluster());

const names = ["auth", "message"];
const start = () => startEmbeddedPostgres({ dataDir: cluster.dataDir, port: 0, isFast: true });

async function migrateAuth(url: string): Promise<void> {
  await using postgres = openPostgres("auth", { url, log: createLogger("test", "silent") });
  await migrate(postgres, "auth", migrations);
}

test("a service owns its schema, as an earlier version's superuser made it, and reads no other", async () => {
  await using postgres = await start();
  // An earlier version: the superuser has made everything.
  await migrateAuth(postgres.url);
  await query(postgres.url, "create schema message");
  const kept = "select count(*)::int from auth.revocation_horizon";
  const rows = await query(postgres.url, kept);

  const urls = await ensureServiceRoles(postgres.url, cluster.dataDir, names);
  const [auth = "", message = ""] = names.map((name) => urls.get(name));
  assert.deepEqual(await query(auth, kept), rows);
  assert.deepEqual(await query(auth, "select current_user::text"), [["auth"]]);
  await assert.rejects(query(message, kept), { code: "42501" });
  await assert.rejects(query(message, "create table auth.mine ()"), { code: "42501" });
  await assert.rejects(query(message, "set role auth"), { code: "42501" });
  await assert.rejects(query(message, "select pg_read_file('PG_VERSION')"), { code: "42501" });
  await query(message, "create table message.mine (id bigint generated always as identity)");
  const rights = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls";
  assert.deepEqual(
    await query(
      postgres.url,
      `select ${rights} from pg_roles where rolname = any('{auth,message}')`,
    ),
    [Array(5).fill(false), Array(5).fill(false)],
  );
  assert.deepEqual(
    await query(
      postgres.url,
      `select distinct relowner::regrole::text from pg_class where relnamespace = 'auth'::regnamespace`,
    ),
    [["auth"]],
  );
  // A later migration changes tables that the superuser made, and writes down that it ran.
  await query(auth, "alter table auth.users add column later text");
  await migrateAuth(auth);
});

test("a service makes its own schema's tables where nothing was before", async () => {
  await using postgres = await start();
  await query(postgres.url, "drop schema if exists auth cascade");
  const urls = await ensureServiceRoles(postgres.url, cluster.dataDir, names);
  await migrateAuth(urls.get("auth") ?? "");
});

test("passwords are kept closed, are needed, and heal when lost", async () => {
  const file = join(cluster.dataDir, "postgres-password-message");
  await using postgres = await start();
  await ensureServiceRoles(postgres.url, cluster.dataDir, names);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const old = readFileSync(file, "utf8");
  rmSync(file);
  const urls = await ensureServiceRoles(postgres.url, cluster.dataDir, names);
  const url = urls.get("message") ?? "";
  assert.notEqual(readFileSync(file, "utf8"), old);
  assert.deepEqual(await query(url, "select 1"), [[1]]);
  const wrong = new URL(url);
  wrong.password = old.trim();
  await assert.rejects(query(wrong.href, "select 1"), { code: "28P01" });
  assert.deepEqual(
    await query(
      postgres.url,
      "select left(rolpassword, 13) from pg_authid where rolname = 'message'",
    ),
    [["SCRAM-SHA-256"]],
  );
});

test("a service gets the key to its own store only", () => {
  const env = {
    DATABASE_URL: "postgres://theirs",
    MONGODB_URI: "mongodb://theirs",
    SERVICE_SECRET: "shared",
  };
  const { DATABASE_URL, MONGODB_URI, SERVICE_SECRET } = env;
  const service = { name: "one", entry: "" };
  assert.deepEqual(envFor(service, env), { SERVICE_SECRET });
  assert.deepEqual(envFor({ ...service, store: "MONGODB_URI" }, env), {
    MONGODB_URI,
    SERVICE_SECRET,
  });
  const sql = { ...service, store: "DATABASE_URL" } as const;
  assert.deepEqual(envFor(sql, env), { DATABASE_URL, SERVICE_SECRET });
  assert.deepEqual(envFor(sql, env, "postgres://own"), {
    DATABASE_URL: "postgres://own",
    SERVICE_SECRET,
  });
});

test("in the platform each service is given its own role, and the gateway none", async () => {
  const entry = join(import.meta.dirname, "fixtures", "telling.ts");
  const never = new AbortController().signal;
  await using platform = await runPlatform({
    services: [
      { name: "auth", entry, store: "DATABASE_URL" },
      { name: "message", entry, store: "MONGODB_URI" },
      { name: "gateway", entry },
    ],
    env: { ...process.env, MONGODB_URI: "mongodb://theirs" },
    dataDir: cluster.dataDir,
    postgresPort: 0,
    isFast: true,
    output: createOutput(new PassThrough().resume(), new PassThrough().resume()),
    signal: never,
    force: never,
  });
  assert.deepEqual(Object.fromEntries(platform.urls), {
    auth: ["auth, no MongoDB"],
    message: ["nobody, mongodb://theirs"],
    gateway: ["nobody, no MongoDB"],
  });
});
