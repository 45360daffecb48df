import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { Client } from "pg";
import { createAckTap } from "#tools/prove/wire/ack-tap.ts";
import { type CommitMoment, createCommitTap } from "#tools/prove/wire/commit-tap.ts";
import { watchPostgres } from "#tools/prove/wire/postgres-watch.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { portOf } from "#tools/rig/ports.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";

const insert = {
  name: "append",
  text: "insert into message.messages (id) select unnest($1::int[]) returning id",
};
const limitMs = 5_000;

async function throughProxy() {
  const database = await createTestDatabase();
  await database.query("create schema message");
  await database.query("create table message.messages (id int primary key)");
  const commits = createCommitTap(watchPostgres);
  const proxy = await startTcpProxy(database.url, commits.tap);
  const client = new Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  await client.connect();
  return {
    commits,
    client,
    count: async () => (await database.query("select id from message.messages")).length,
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => undefined);
      await proxy[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

test("other statements pass, and a write is struck after its commit, unheard", async () => {
  await using proxied = await throughProxy();
  const { client, commits } = proxied;
  const moment: CommitMoment = "stored";
  await client.query({ ...insert, values: [[1]] });
  const struck = commits.strike(moment, (link) => link.cut(), limitMs);
  assert.equal((await client.query("select 1 as one")).rows[0].one, 1);
  await assert.rejects(client.query({ ...insert, values: [[2, 3]] }));
  assert.equal(await struck, true);
  assert.equal(await proxied.count(), 3);
});

test("a write that fails is not struck at, and its conflict is counted", async () => {
  await using proxied = await throughProxy();
  const { client, commits } = proxied;
  await client.query({ ...insert, values: [[1]] });
  const struck = commits.strike("stored", (link) => link.cut(), limitMs);
  await assert.rejects(client.query({ ...insert, values: [[1]] }), /duplicate key/);
  assert.equal(commits.conflicts(), 1);
  await assert.rejects(client.query({ ...insert, values: [[2]] }));
  assert.equal(await struck, true);
  assert.equal(await proxied.count(), 2);
});

test("a write is struck as it leaves", async () => {
  await using proxied = await throughProxy();
  const { client, commits } = proxied;
  const struck = commits.strike("sent", (link) => link.cut(), limitMs);
  await assert.rejects(client.query({ ...insert, values: [[1]] }));
  assert.equal(await struck, true);
});

test("an acknowledgement is lost, and what is none passes", async () => {
  const server = createServer((socket) => {
    socket.on("data", (data) => socket.write(data));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => void server.close());
  const acks = createAckTap();
  const proxy = cleanup.use(await startTcpProxy(`http://127.0.0.1:${portOf(server)}`, acks.tap));
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  const lost = acks.lose(1, limitMs);
  socket.on("error", () => undefined);
  socket.write('430[{"success":true,"room":{}}]');
  const [echo] = await once(socket, "data");
  assert.equal(String(echo), '430[{"success":true,"room":{}}]');
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write('431[{"success":true,"data":{}}]');
  assert.equal(await lost, 1);
  await closed;
});
