import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { createClient, memoryStorage, memoryTokens } from "#sdk";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { signUp, until } from "./people.ts";

describe("what can't be done says so", async () => {
  const platform = await shared(startPlatform());
  const url = platform.gatewayUrl;

  test("opening a room while nobody is signed in, before and after that is known", async () => {
    const chat = createClient({ url });
    const opening = chat.rooms.open("1");
    const isRefused = assert.rejects(opening, { code: "SIGNED_OUT" });
    assert.equal((await chat.auth.start()).status, "signed-out");
    await isRefused;
    await assert.rejects(chat.rooms.open("1"), { code: "SIGNED_OUT" });
    chat.close();
  });

  test("opening a room by what is no id names the broken rule", async () => {
    await using ada = await signUp(url, "Ada");
    await assert.rejects(ada.chat.rooms.open(""), (error: { details?: { path: string }[] }) => {
      assert.equal(error.details?.[0]?.path, "roomId");
      return true;
    });
  });

  test("a closed client opens and sends nothing, and keeps what waited", async () => {
    const proxy = await shared(startTcpProxy(url));
    const storage = memoryStorage();
    await using bob = await signUp(proxy.url, "Bob", { storage, tokens: memoryTokens() });
    const { id } = await bob.chat.rooms.create({ name: "Garden" });
    const room = await bob.chat.rooms.open(id);
    proxy.refuse();
    await until(bob.chat.connection, ({ state }) => state === "offline");
    const waiting = assert.rejects(room.send("later"), { code: "CLOSED" });
    bob.chat.close();
    await waiting;
    await assert.rejects(room.send("never"), { code: "CLOSED" });
    await assert.rejects(bob.chat.rooms.open(id), { code: "CLOSED" });
    const stored = await storage.list();
    assert.deepEqual(
      stored.map((it) => it.kind === "send" && it.request.content),
      ["later"],
    );
  });

  test("an address that isn't one of the web is refused at once", () => {
    for (const wrong of ["", "localhost:3000", "gateway.example", "ws://localhost:3000"]) {
      assert.throws(() => createClient({ url: wrong }), {
        name: "TypeError",
        message: `createClient needs an http url: ${wrong}`,
      });
    }
    for (const right of ["http://localhost:3000", "https://gateway.example/"]) {
      createClient({ url: right }).close();
    }
  });

  test("what isn't the gateway, or isn't there, is named", async () => {
    const page = createServer((_req, res) => res.writeHead(404).end("no such page"));
    await once(page.listen(0, "127.0.0.1"), "listening");
    const address = page.address();
    const wrong = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const chat = createClient({ url: wrong });
    const login = () => chat.auth.login({ username: "ada", password: "correct horse battery" });
    await assert.rejects(login(), {
      code: "UNEXPECTED_ANSWER",
      message: `HTTP 404 from ${wrong}/api/auth/login`,
    });
    page.close();
    page.closeAllConnections();
    await assert.rejects(login(), { code: "UNREACHABLE", message: `${wrong} can't be reached` });
    chat.close();
  });
});
