import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shared } from "#tools/rig/shared.ts";
import { disconnected, newSocket, next } from "#tools/rig/sockets.ts";
import { codeOf, startServices, startServicesWithStandIn } from "./harness/services.ts";

const services = await shared(startServices());
const ada = await services.auth.newUser("Ada Lovelace");

describe("over HTTP", () => {
  test("there are health and metrics, and nothing else", async () => {
    const get = (path: string) => fetch(services.message.httpUrl + path);
    // The feed catches up a moment after the service is ready.
    while (!(await (await get("/health")).text()).includes('"auth":"up"'));
    for (const path of ["/health", "/health/ready"]) {
      const health = await get(path);
      assert.equal(health.status, 200);
      assert.deepEqual(await health.json(), {
        status: "ok",
        dependencies: { postgres: "up", auth: "up" },
      });
    }
    assert.match(await (await get("/metrics")).text(), /aetherconnect_sockets/);
    for (const path of ["/", "/api/rooms", "/socket.io", "/socket.io.js"]) {
      const answer = await fetch(services.message.httpUrl + path, {
        headers: { "x-request-id": "a" },
      });
      assert.equal(answer.status, 404);
      assert.equal(answer.headers.get("x-request-id"), "a");
      assert.deepEqual(await answer.json(), {
        success: false,
        statusCode: 404,
        message: "Not found",
        code: "NOT_FOUND",
        requestId: "a",
      });
    }
  });

  test("pages of known origins may use polling", async () => {
    const answer = await fetch(`${services.message.httpUrl}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: "http://localhost:3004" },
    });
    assert.equal(answer.headers.get("access-control-allow-origin"), "http://localhost:3004");
    assert.equal(answer.headers.get("access-control-allow-credentials"), "true");
    await answer.text();
  });
});

describe("sessions", () => {
  test("that end take their sockets with them, and only theirs", async () => {
    const [user, other] = [await services.auth.newUser(), await services.auth.newUser()];
    const [one, two, bystander] = [
      await services.connect(user),
      await services.connect(user, { transports: ["polling"] }),
      await services.connect(other),
    ];
    const token = await services.auth.wsToken(user);
    const closed = [one, two].map(disconnected);
    await services.auth.endSession(user);
    assert.deepEqual(await Promise.all(closed), ["io server disconnect", "io server disconnect"]);
    assert.ok(bystander.connected);
    const late = newSocket(services.message.httpUrl, token);
    const refused = next(late, "error");
    late.connect();
    assert.equal((await refused).code, "UNAUTHENTICATED");
    assert.equal(await codeOf(services.rpc(user).rooms.listRooms({})), "UNAUTHENTICATED");
  });

  test("a feed that has lost its place lets all sockets come back", async () => {
    await using place = await startServicesWithStandIn();
    const socket = await place.connect(await place.auth.newUser());
    const closed = disconnected(socket);
    place.auth.resetFeed();
    assert.equal(await closed, "transport close");
  });
});

test("names change, and messages keep the name of their time", async () => {
  const user = await services.auth.newUser("Before Lovelace");
  const roomId = await services.newRoom([user]);
  const { messages } = services.rpc(user);
  const send = async () => (await messages.sendMessage({ roomId, content: "x" })).data?.username;
  assert.equal(await send(), "Before Lovelace");
  await services.auth.rename(user, "After");
  while ((await send()) !== "After Lovelace");
  const { messages: all } = await messages.listMessages({ roomId });
  assert.equal(all[0]?.username, "Before Lovelace");
});

test("without auth open sockets chat on, new ones wait, and all is well when it is back", async () => {
  const roomId = await services.newRoom([ada]);
  const socket = await services.connect(ada);
  await socket.emitWithAck("join_room", { roomId });
  const { messages } = services.rpc(ada);
  const token = await services.auth.wsToken(ada);
  await services.auth.stop();
  assert.ok((await socket.emitWithAck("send_message", { roomId, content: "alone" })).success);
  // The feed is fresh for a moment: until then a token is judged by what is known.
  for (let seen: string[] = []; seen[0] !== "UNAVAILABLE"; ) {
    seen = [];
    const late = newSocket(services.message.httpUrl, token);
    late.on("connected", () => late.disconnect());
    late.on("error", ({ code }) => seen.push(code));
    const closed = disconnected(late);
    late.connect();
    assert.equal(await closed, seen.length > 0 ? "transport close" : "io client disconnect");
    assert.deepEqual(seen, seen.length > 0 ? ["UNAVAILABLE"] : []);
  }
  assert.equal(await codeOf(messages.listMessages({ roomId })), "UNAVAILABLE");
  assert.equal((await fetch(`${services.message.httpUrl}/health`)).status, 200);
  await services.auth.start();
  while (!(await isAnswered(messages.listMessages({ roomId }))));
  const back = await services.connect(ada);
  assert.ok((await back.emitWithAck("join_room", { roomId })).success);
});

const isAnswered = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  );

test("it starts without auth, and on a new database exactly one of two makes general", async () => {
  await using place = await startServices();
  await place.auth.stop();
  const instances = await Promise.all([place.startAnother(), place.startAnother()]);
  const rows = await place.database.query("select name, created_by from message.rooms");
  assert.deepEqual(rows, [{ name: "general", created_by: "system" }]);
  for (const { httpUrl } of instances) {
    assert.equal((await fetch(`${httpUrl}/health/live`)).status, 200);
    const ready = await fetch(`${httpUrl}/health/ready`);
    assert.deepEqual(await ready.json(), {
      status: "degraded",
      dependencies: { postgres: "up", auth: "down" },
    });
  }
  await place.auth.start();
});

test("stopping closes transports, so that clients come back, and finishes what is under way", async () => {
  const another = await services.startAnother();
  const roomId = await services.newRoom([ada]);
  const sockets = [
    await services.connect(ada, { url: another.httpUrl }),
    await services.connect(ada, { url: another.httpUrl, transports: ["polling"] }),
  ];
  const [first] = sockets;
  assert.ok(first);
  await first.emitWithAck("join_room", { roomId });
  const closed = sockets.map(disconnected);
  const sent = first.emitWithAck("send_message", { roomId, content: "last words" });
  const sentIt = await sent;
  await another[Symbol.asyncDispose]();
  assert.ok(sentIt.success);
  for (const reason of await Promise.all(closed)) {
    assert.ok(["transport close", "transport error"].includes(reason), reason);
  }
});
