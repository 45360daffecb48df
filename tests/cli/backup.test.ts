import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, mkdtemp, rm, stat } from "node:fs/promises";
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
import { newRegistration, registerUser } from "#tools/rig/users.ts";
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
const send = (content: string) => user.client.post(`/api/rooms/${roomId}/messages`, { content });

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

  test("that was broken off is begun anew", async () => {
    const begun = join(folder, "begun");
    await cp(backup, begun, { recursive: true });
    await rm(join(begun, "manifest.json"));
    const { code, stderr } = await run(["backup", begun], platform.database.url);
    assert.equal(code, 0);
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
    const second = await user.client.post("/api/rooms", { name: "large" });
    const { id } = second.body.room;
    await user.client.post(`/api/rooms/${id}/messages`, { content: "1" });
    await fillRoom(platform.database, id, 50_000);
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
