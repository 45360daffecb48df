import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { createLogger } from "#common/log.ts";
import { openPostgres } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { collect, range, startServicesWithStandIn } from "./harness/services.ts";
import { join } from "./harness/talk.ts";

const services = await shared(startServicesWithStandIn());
const ada = await services.auth.newUser();

const log = createLogger("message", "silent");

test("while PostgreSQL hangs every event is answered, and each message is stored once", async () => {
  await using proxy = await startTcpProxy(services.database.url);
  await using another = await services.startAnother({ databaseUrl: proxy.url });
  const [roomId, otherId] = [await services.newRoom([ada]), await services.newRoom([ada])];
  const socket = await services.connect(ada, { url: another.httpUrl });
  await join(socket, roomId);
  const got = collect(socket);
  const send = (n: number) =>
    socket.emitWithAck("send_message", { roomId, content: "x", clientMessageId: `id-${n}` });
  const openId = await services.newRoom([await services.auth.newUser()]);

  proxy.freeze();
  const answers = await Promise.all([
    ...range(1, 3).map(send),
    socket.emitWithAck("join_room", { roomId }),
    socket.emitWithAck("join_room", { roomId: otherId }),
    socket.emitWithAck("join_room", { roomId: openId }),
  ]);
  for (const answer of answers) {
    assert.equal(answer.success === false && answer.code, "UNAVAILABLE");
  }
  proxy.restore();
  while (!(await send(1)).success);
  for (const n of range(1, 3)) assert.ok((await send(n)).success);
  await got.until(3);
  assert.deepEqual(got.seqs, range(1, 3));
});

test("a statement that gets no answer takes its connection with it, and its transaction", async () => {
  await using proxy = await startTcpProxy(services.database.url);
  await using postgres = openPostgres("message", {
    url: proxy.url,
    log,
    size: 1,
    statementTimeoutMs: 100,
  });
  await sql`create table if not exists message.kept (n int)`.execute(postgres.db);
  const insert = (n: number) => sql`insert into message.kept values (${n})`;
  await assert.rejects(
    postgres.db.transaction().execute(async (trx) => {
      await insert(1).execute(trx);
      proxy.freeze();
      await insert(2).execute(trx);
    }),
    isDatabaseLost,
  );
  proxy.restore();
  await insert(3).execute(postgres.db);
  assert.deepEqual(await services.database.query("select n from message.kept"), [{ n: 3 }]);
});

test("a connection that dies while it is lent fails its statement and nothing else", async () => {
  await using postgres = openPostgres("message", { url: services.database.url, log, size: 1 });
  const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`;
  await assert.rejects(
    postgres.db.transaction().execute(async (trx) => {
      const [row] = (await pid.execute(trx)).rows;
      await services.database.query("select pg_terminate_backend($1, 5000)", [row?.pid]);
      await pid.execute(trx);
    }),
    isDatabaseLost,
  );
  assert.equal((await pid.execute(postgres.db)).rows.length, 1);
});
