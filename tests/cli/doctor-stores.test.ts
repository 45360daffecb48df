import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { mountSmallDisk } from "#tools/attack/disk.ts";
import { createTestMongo, withoutMongo } from "#tools/rig/mongo.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { findFreePort } from "#tools/rig/ports.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { makeCertificate, startRelay, withoutOpenssl } from "#tools/rig/relay.ts";
import { shared } from "#tools/rig/shared.ts";
import { createExamination } from "./examine.ts";

const platform = await shared(startPlatform());
const examination = await shared(createExamination(platform));
const { examine, finds, folder, settings } = examination;

describe("doctor finds of what services stand on", () => {
  test("the database doesn't wait for its disk", async () => {
    const { lines, code } = await examine();
    assert.match(lines.find((it) => it.about === "fsync")?.text ?? "", /is off/);
    assert.equal(code, 1);
  });

  test("the database is away, refuses, or was never used", async () => {
    const url = new URL(platform.database.url);
    const port = `${await findFreePort()}`;
    const away = Object.assign(new URL(url), { port }).href;
    await finds({ DATABASE_URL: away }, { PostgreSQL: /can't be reached \(ECONNREFUSED\)/ });
    const wrong = Object.assign(new URL(url), { password: "wrong" }).href;
    await finds({ DATABASE_URL: wrong }, { PostgreSQL: /refuses the connection: password/ });
    const unused = Object.assign(new URL(url), { pathname: "/template1" }).href;
    await finds(
      { DATABASE_URL: unused },
      {
        "tables of auth": /aren't there yet/,
        "tables of message": /aren't there yet/,
      },
    );
  });

  test("migrations are missing, or are of a newer release", async () => {
    const { query } = platform.database;
    const [last] = await query(
      `delete from message.later_migration
        where name = (select max(name) from message.later_migration) returning name, timestamp`,
    );
    await finds(
      {},
      { "tables of message": new RegExp(`older release \\(without ${last?.name}\\)`) },
    );
    const insert = "insert into message.later_migration values ($1, $2)";
    await query(insert, [last?.name, last?.timestamp]);
    await query(insert, ["9999-future", last?.timestamp]);
    const { warnings } = await finds({}, {});
    assert.ok(warnings.some((it) => /newer release \(9999-future\)/.test(it.text)));
    await query("delete from message.later_migration where name = '9999-future'");
  });

  test("a restore was broken off", async () => {
    await platform.database.query("create schema aether_restore");
    await finds({}, { restore: /isn't finished/ });
    await platform.database.query("drop schema aether_restore");
  });

  test("Redis and MongoDB are away", async () => {
    const port = await findFreePort();
    await finds({ REDIS_URL: `redis://127.0.0.1:${port}` }, { Redis: /ECONNREFUSED/ });
    await finds({ MONGODB_URI: `mongodb://127.0.0.1:${port}` }, { MongoDB: /can't be reached/ });
  });

  test("Redis refuses the password", { skip: withoutRedis }, async () => {
    await using redis = await startRedis();
    const admin = new Redis(redis.url);
    await admin.config("SET", "requirepass", "another-password");
    admin.disconnect();
    const url = Object.assign(new URL(redis.url), { password: "wrong-password" });
    const { problems } = await finds({ REDIS_URL: url.href }, { Redis: /WRONGPASS/ });
    assert.match(problems[0]?.todo ?? "", /check user and password of REDIS_URL/);
    assert.doesNotMatch(JSON.stringify(problems), /wrong-password/);
  });

  test("messages in MongoDB: it answers, and was never used or is up to date", {
    skip: withoutMongo,
  }, async () => {
    await using mongo = await createTestMongo();
    const env = { MONGODB_URI: mongo.uri };
    await finds(env, { collections: /aren't there yet/ });
    await using _message = await platform.startMessage({ mongodbUri: mongo.uri });
    const { findings } = await finds(env, {});
    assert.match(findings.find((it) => it.about === "collections")?.text ?? "", /up to date/);
  });

  test("the disk is full", async (t) => {
    const dataDir = join(folder, "small");
    using disk = mountSmallDisk(dataDir);
    if (!disk) return t.skip("needs rights to mount");
    disk.fill();
    await finds({ DATA_DIR: dataDir }, { disk: /^0 MiB are free/ });
  });

  test("the data folder can't be written to", async (t) => {
    const dataDir = join(folder, "read-only");
    using disk = mountSmallDisk(dataDir);
    if (!disk) return t.skip("needs rights to mount");
    await promisify(execFile)("mount", ["-o", "remount,ro", dataDir]);
    const { problems } = await examine({ DATA_DIR: dataDir });
    const found = problems.find((it) => it.about === "data folder");
    assert.match(found?.text ?? "", /is on a read-only file system/);
  });

  test("others may write into the data folder, or read its secret", async () => {
    const dataDir = join(folder, "open");
    await mkdir(dataDir);
    await chmod(dataDir, 0o777);
    await finds({ DATA_DIR: dataDir }, { "data folder": /may be written to by others/ });
    await chmod(dataDir, 0o700);
    await writeFile(join(dataDir, "service-secret"), "x".repeat(32), { mode: 0o644 });
    await finds({ DATA_DIR: dataDir, SERVICE_SECRET: "" }, { settings: /isn't this user's alone/ });
  });

  test("a certificate isn't trusted, ends soon, or has ended", {
    skip: withoutOpenssl,
  }, async () => {
    const certificate = makeCertificate(folder);
    await using relay = await startRelay(
      "127.0.0.1",
      Number(settings.API_GATEWAY_PORT),
      certificate,
    );
    const origin = `https://localhost:${relay.port}`;
    const about = `certificate of ${origin}`;
    await finds({ PUBLIC_ORIGIN: origin }, { [about]: /isn't trusted \(.*SELF_SIGNED/ });
    const trusted = { PUBLIC_ORIGIN: origin, NODE_EXTRA_CA_CERTS: certificate.file };
    const { warnings } = await examine(trusted);
    assert.match(warnings.find((it) => it.about === about)?.text ?? "", /good for \d days more/);
    const away = `https://localhost:${await findFreePort()}`;
    await finds({ CLIENT_ORIGINS: away }, { [`certificate of ${away}`]: /ECONNREFUSED/ });
  });
});
