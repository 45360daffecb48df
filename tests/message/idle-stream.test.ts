import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import type { ChatServer, ChatSocket } from "#message/socket/chat-server.ts";
import { idleStreamOf } from "#message/socket/engine/internals.ts";
import { holdWrites } from "#message/socket/engine/writes.ts";

/** Fails when an update of socket.io, engine.io or ws renames what the direct way reads. */
describe("the stream under a socket", () => {
  const http = createServer();
  const server: ChatServer = new Server(http);
  before(async () => {
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
  });
  after(() => server.close());

  async function open(transport: "websocket" | "polling") {
    const address = http.address();
    assert.ok(typeof address === "object" && address);
    const url = `http://127.0.0.1:${address.port}`;
    const client = connect(url, { transports: [transport], forceNew: true });
    const connected = new Promise<void>((resolve) => client.once("connect", resolve));
    const [socket]: ChatSocket[] = await once(server, "connection");
    await connected;
    assert.ok(socket);
    return { client, conn: socket.conn };
  }

  test("is there for an idle WebSocket, and not while anything waits", async () => {
    const { client, conn } = await open("websocket");
    if (!idleStreamOf(conn)) await once(conn, "drain");
    assert.ok(idleStreamOf(conn) instanceof Socket);
    // Nothing is read meanwhile, so that what is written has to wait.
    const stream = idleStreamOf(conn);
    stream?.cork();
    conn.write('2["typing_start",{}]');
    assert.equal(idleStreamOf(conn), undefined);
    stream?.uncork();
    client.disconnect();
    await once(conn, "close");
    assert.equal(idleStreamOf(conn), undefined);
  });

  test("gets what was held in a turn of the event loop at its end, in order", async () => {
    const { client, conn } = await open("websocket");
    if (!idleStreamOf(conn)) await once(conn, "drain");
    const seen: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      client.on("held", (n: unknown) => {
        if (seen.push(n) === 2) resolve();
      });
    });
    const flushes: number[] = [];
    conn.on("flush", (packets: unknown[]) => flushes.push(packets.length));
    holdWrites(conn);
    conn.write('2["held",1]');
    assert.equal(idleStreamOf(conn), undefined, "a frame written now would overtake");
    conn.write('2["held",2]');
    assert.deepEqual(flushes, []);
    await both;
    assert.deepEqual([seen, flushes], [[1, 2], [2]]);
    client.disconnect();
  });

  test("is not there for polling", async () => {
    const { client, conn } = await open("polling");
    assert.equal(idleStreamOf(conn), undefined);
    client.disconnect();
  });
});
