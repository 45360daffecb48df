import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Env } from "#common/settings.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy, type Tap } from "#tools/rig/tcp-proxy.ts";
import { newRegistration, registerUser } from "#tools/rig/users.ts";
import { backUp } from "../../clients/cli/backup/back-up.ts";
import { databaseFailure } from "../../clients/cli/backup/database.ts";
import { readOperatorTarget } from "../../clients/cli/operator/target.ts";
import { createOutput } from "../../clients/cli/output.ts";
import { createAether, startAether } from "./aether.ts";
import { fillRoom } from "./fill-room.ts";

const platform = await shared(startPlatform());
const aether = await shared(createAether(platform));
const folder = await mkdtemp(join(tmpdir(), "backup-"));
after(() => rm(folder, { recursive: true }));

const envOf = (databaseUrl: string): Env => ({
  DATA_DIR: folder,
  DATABASE_URL: databaseUrl,
  SERVICE_SECRET: platform.serviceSecret,
});
const run = (args: string[], databaseUrl: string) => aether.run(args, { env: envOf(databaseUrl) });
const backup = join(folder, "whole");
const user = await registerUser(platform);
const created = await user.client.post("/api/rooms", { name: "kept" });
const roomId = created.body.room.id;
const largeCount = 50_000;
/** Of the answers to a backup: in the middle of the messages of the large room. */
const manyBytes = 2_000_000;

/** Acts once a connection has brought so many bytes of the server. */
function cutAt(bytes: number, act: () => void, isWanted = true): Tap {
  let seen = 0;
  return {
    fromFar(chunk) {
      const before = seen;
      seen += chunk.length;
      if (isWanted && before < bytes && seen >= bytes) act();
      return true;
    },
  };
}

const send = (content: string) => user.client.post(`/api/rooms/${roomId}/messages`, { content });

const second = await user.client.post("/api/rooms", { name: "large" });
await user.client.post(`/api/rooms/${second.body.room.id}/messages`, { content: "1" });
await fillRoom(platform.database, second.body.room.id, largeCount);

describe("a backup", () => {
  test("is of one moment, while the platform goes on, and for its owner alone", async () => {
    for (let i = 1; i <= 20; i++) await send(`"${i}"\t\\\n😀`);
    await user.client.put(`/api/rooms/${roomId}/messages/1/reactions/👍`);
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) await send("meanwhile");
    })();
    const { code, stderr, lines } = await run(["backup", backup, "--json"], platform.database.url);
    isWriting = false;
    await writing;
    assert.equal(code, 0, stderr);
    assert.ok(lines[0].rows > 20);
    assert.equal((await stat(backup)).mode & 0o777, 0o700);
    assert.equal((await stat(join(backup, "auth.users.copy.gz"))).mode & 0o777, 0o600);
    const again = await run(["backup", backup], platform.database.url);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /holds a whole backup/);
  });

  test("goes on by itself, begun anew, when its connection is cut", async () => {
    const links: number[] = [];
    await using proxy = await startTcpProxy(platform.database.url, (link) => {
      const at = links.push(0) - 1;
      return cutAt(manyBytes, link.cut, at < 2);
    });
    const cut = join(folder, "cut");
    const { code, stderr } = await run(["backup", cut], proxy.url);
    assert.equal(code, 0, stderr);
    assert.equal(links.length, 3);
    assert.match(stderr, /PostgreSQL was lost .* begins anew in 1 s, attempt 2 of 8/);
    assert.match(stderr, /begins anew in 2 s, attempt 3 of 8/);
    const { tables } = JSON.parse(await readFile(join(cut, "manifest.json"), "utf8"));
    const kept = tables.find((it: { name: string }) => it.name === "messages");
    assert.ok(kept.rows > largeCount);
  });

  test("gives up when PostgreSQL stays away, and the same command begins anew", async () => {
    await using proxy = await startTcpProxy(platform.database.url, () =>
      cutAt(manyBytes, () => proxy.refuse()),
    );
    const away = join(folder, "away");
    const notes: string[] = [];
    const output = { ...createOutput(false), note: (text: string) => void notes.push(text) };
    const target = readOperatorTarget(envOf(proxy.url));
    const giving = backUp(target, away, output, [10, 10]).catch((error) => {
      throw databaseFailure(error);
    });
    await assert.rejects(giving, { kind: "unreachable", message: /PostgreSQL was lost/ });
    assert.equal(notes.length, 2);
    assert.equal((await run(["backup", away], platform.database.url)).code, 0);
  });

  test("that never finds PostgreSQL doesn't wait for it", async () => {
    await using proxy = await startTcpProxy(platform.database.url);
    proxy.refuse();
    const { code, stderr } = await run(["backup", join(folder, "never")], proxy.url);
    assert.equal(code, 3);
    assert.doesNotMatch(stderr, /attempt/);
  });

  test("that was killed is begun anew by the same command", async () => {
    const killed = join(folder, "killed");
    let kill = () => {};
    await using proxy = await startTcpProxy(platform.database.url, () =>
      cutAt(manyBytes, () => kill()),
    );
    const child = startAether(["backup", killed], { ...aether.env, ...envOf(proxy.url) });
    kill = () => void child.kill("SIGKILL");
    assert.deepEqual(await once(child, "close"), [null, "SIGKILL"]);
    const { code, stderr } = await run(["backup", killed], platform.database.url);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /begun anew/);
  });

  test("is restored, and the platform goes on from it", async () => {
    await using database = await createTestDatabase();
    const { code, stderr } = await run(["restore", backup], database.url);
    assert.equal(code, 0, stderr);
    const [kept] = await database.query(
      "select count(*)::int as count, max(seq) as last from message.messages where room_id = $1",
      [roomId],
    );
    const [room] = await database.query("select last_seq from message.rooms where id = $1", [
      roomId,
    ]);
    assert.deepEqual([kept?.count, kept?.last], [room?.last_seq, room?.last_seq]);

    await using auth = await platform.startAuth({ databaseUrl: database.url });
    await using message = await platform.startMessage({
      databaseUrl: database.url,
      authUrl: auth.rpcUrl,
    });
    const transportOf = (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" });
    const signedIn = createClient(AuthService, transportOf(auth.rpcUrl));
    const { tokens } = await signedIn.login({ username: user.username, password: user.password });
    const headers = { authorization: `Bearer ${tokens?.accessToken}` };
    const messages = createClient(MessageService, transportOf(message.rpcUrl));
    const first = await messages.listMessages({ roomId, after: 0, limit: 1 }, { headers });
    assert.equal(first.messages[0]?.content, '"1"\t\\\n😀');
    assert.equal(first.messages[0]?.reactions[0]?.emoji, "👍");
    const { data } = await messages.sendMessage({ roomId, content: "after" }, { headers });
    assert.equal(data?.seq, Number(kept?.last) + 1);
    await signedIn.register(newRegistration());

    const used = await run(["restore", backup], database.url);
    assert.equal(used.code, 1);
    assert.match(used.stderr, /services use the database/);
  });

  test("isn't restored into a database with users", async () => {
    await using database = await createTestDatabase();
    assert.equal((await run(["restore", backup], database.url)).code, 0);
    const { code, stderr } = await run(["restore", backup], database.url);
    assert.equal(code, 1);
    assert.match(stderr, /isn't empty: auth\.users has rows/);
  });

  test("whose restore was killed is gone on with, and no service starts before it has finished", async () => {
    const large = join(folder, "large");
    assert.equal((await run(["backup", large], platform.database.url)).code, 0);
    await using database = await createTestDatabase();
    const child = startAether(["restore", large], { ...aether.env, ...envOf(database.url) });
    const closed = once(child, "close");
    const done = () =>
      database.query("select from aether_restore.done").then(
        (rows) => rows.length,
        () => 0,
      );
    while ((await done()) < 3) await pause(5);
    child.kill("SIGKILL");
    assert.deepEqual(await closed, [null, "SIGKILL"]);
    await assert.rejects(
      platform.startAuth({ databaseUrl: database.url }),
      /half restored: run aether restore again/,
    );
    const other = await run(["restore", backup], database.url);
    assert.match(other.stderr, /the restore of another backup was begun/);
    const { code, stderr } = await run(["restore", large], database.url);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /it goes on/);
    await using _auth = await platform.startAuth({ databaseUrl: database.url });
  });
});
