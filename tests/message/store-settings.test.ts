import assert from "node:assert/strict";
import { test } from "node:test";
import { StartError } from "#common/lifecycle.ts";
import { createLogger } from "#common/log.ts";
import { ConfigError } from "#common/settings.ts";
import { parseMessageConfig } from "#message/config.ts";
import { openStore } from "#message/store/open-store.ts";

const env = { SERVICE_SECRET: "x".repeat(32) };
const databaseUrl = "postgres://127.0.0.1/aetherconnect";

test("messages live in PostgreSQL or in MongoDB, and one of them is needed", () => {
  assert.equal(parseMessageConfig({ ...env, DATABASE_URL: databaseUrl }).mongodbUri, undefined);
  const config = parseMessageConfig({ ...env, MONGODB_URI: "mongodb://127.0.0.1" });
  assert.equal(config.databaseUrl, undefined);
  assert.throws(
    () => parseMessageConfig({ ...env, MONGODB_URI: "" }),
    (error) => error instanceof ConfigError && /DATABASE_URL .* MONGODB_URI/.test(error.message),
  );
});

for (const uri of [
  "mongodb://127.0.0.1:27017/?directConnection=true",
  "mongodb://user:p%40ss@one.example:27017,two.example:27017/chat?replicaSet=rs0",
  "mongodb+srv://user:secret@cluster.example.net/chat?retryWrites=true",
]) {
  test(`takes ${uri}`, () => {
    assert.equal(parseMessageConfig({ ...env, MONGODB_URI: uri }).mongodbUri, uri);
  });
}

for (const uri of [
  "127.0.0.1:27017",
  "http://127.0.0.1",
  "mongodb://ada:secret@",
  "mongodb:///chat",
]) {
  test(`refuses ${uri} and doesn't repeat it, for there may be a password in it`, () => {
    assert.throws(
      () => parseMessageConfig({ ...env, DATABASE_URL: databaseUrl, MONGODB_URI: uri }),
      (error) =>
        error instanceof ConfigError &&
        error.message.startsWith("bad setting: MONGODB_URI must be a URI") &&
        !error.message.includes(uri),
    );
  });
}

test("a URI that the driver refuses ends the start at once with a line without its password", async () => {
  const mongodbUri = "mongodb://ada:secret@127.0.0.1:1/?nonsense=1";
  const opening = openStore({ databaseUrl, mongodbUri }, createLogger("message", "silent"));
  await assert.rejects(
    opening,
    (error) =>
      error instanceof StartError &&
      error.message ===
        "MongoDB refuses the connection (its driver can't use that URI): check MONGODB_URI",
  );
});
