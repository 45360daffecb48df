import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { createTestLog, type TestLog } from "#tools/rig/log.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { openTestbed, type Testbed } from "#tools/rig/testbed.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const stack = new AsyncDisposableStack();
const logs = {
  gateway: stack.use(createTestLog("gateway")),
  message: stack.use(createTestLog("message")),
  auth: stack.use(createTestLog("auth")),
};
let bed: Testbed;
let owner: TestUser;
let guest: TestUser;
let roomId: string;
before(async () => {
  bed = stack.use(await openTestbed());
  stack.use(await bed.startAuth({}, { log: logs.auth.log }));
  stack.use(await bed.startMessage({}, { log: logs.message.log }));
  const { url } = stack.use(await bed.startGateway({}, { log: logs.gateway.log }));
  const client = () => createHttpClient(url);
  owner = await registerUser({ client });
  guest = await registerUser({ client });
  const room = { name: "A room", roomType: "private" };
  roomId = (await owner.client.post("/api/rooms", room)).body.room.id;
});
after(() => stack.disposeAsync());

interface Line {
  service: string;
  msg: string;
  requestId?: string;
  method?: string;
  route?: string;
  code?: string;
  event?: string;
}

const linesOf = (log: TestLog): Line[] =>
  log
    .text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** What the three logs say of a request, without what is of another. */
async function trail(requestId: string): Promise<string[]> {
  // The gateway's line comes when the answer has left.
  while (!linesOf(logs.gateway).some((it) => it.requestId === requestId && it.msg === "request")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return (
    [logs.gateway, logs.message, logs.auth]
      .flatMap(linesOf)
      .filter((it) => it.requestId === requestId)
      // On a busy machine the feed may be behind, and then auth is asked about the session too.
      .filter((it) => it.method !== "CheckSession" && it.method !== "GetSigningKeys")
      .map((it) => `${it.service}: ${it.msg} ${it.method} ${it.route ?? it.code}`)
  );
}

test("one id follows a request through the logs of three services", async () => {
  const headers = { "x-request-id": "follow-me-1" };
  const path = `/api/rooms/${roomId}/members`;
  const added = await owner.client.post(path, { username: guest.username }, { headers });
  assert.equal(added.status, 200);
  assert.deepEqual(await trail("follow-me-1"), [
    "gateway: request POST /api/rooms/{room_id}/members",
    "message: call AddMember OK",
    "auth: call FindUser OK",
  ]);
});

test("a failure is found by the id in its answer", async () => {
  const path = `/api/rooms/${roomId}/members`;
  const failed = await owner.client.post(path, { username: "nobody-of-this-name" });
  assert.equal(failed.status, 404);
  assert.deepEqual(await trail(failed.body.requestId), [
    "gateway: request POST /api/rooms/{room_id}/members",
    "message: call AddMember USER_NOT_FOUND",
    "auth: call FindUser USER_NOT_FOUND",
  ]);
});

test("requests that run at the same time keep their ids apart", async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `apart-${i}`);
  await Promise.all(
    ids.map((id) =>
      owner.client.get(`/api/rooms/${roomId}/messages`, { headers: { "x-request-id": id } }),
    ),
  );
  for (const id of ids) {
    const lines = await trail(id);
    assert.ok(lines.includes("message: call ListMessages OK"), lines.join());
    assert.equal(lines.filter((it) => it.startsWith("message: call")).length, 1);
  }
});

test("an id of another form is no id on the RPC ports either", async () => {
  const before = linesOf(logs.message).length;
  const response = await fetch(
    `${bed.layout.messages[0].rpcUrl}/aetherconnect.message.v1.RoomService/ListRooms`,
    {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": 'a"b,c' },
      body: "{}",
    },
  );
  assert.equal(response.status, 401);
  const line = linesOf(logs.message)
    .slice(before)
    .find((it) => it.method === "ListRooms");
  assert.match(line?.requestId ?? "", /^[0-9a-f-]{36}$/);
});

test("each event of a socket has an id of its own", async () => {
  const socket = await connectSocket(bed.layout.messages[0].httpUrl, owner);
  const before = linesOf(logs.message).length;
  await socket.emitWithAck("join_room", { roomId });
  await socket.emitWithAck("leave_room", { roomId });
  socket.disconnect();
  const events = linesOf(logs.message)
    .slice(before)
    .filter((it) => it.msg === "event");
  assert.deepEqual(
    events.map((it) => `${it.event} ${it.code}`),
    ["join_room OK", "leave_room OK"],
  );
  assert.equal(new Set(events.map((it) => it.requestId)).size, 2);
  for (const { requestId } of events) assert.match(requestId ?? "", /^[0-9a-f-]{36}$/);
});

test("what happens to a shared connection is of no request", async () => {
  await Promise.all(Array.from({ length: 5 }, () => owner.client.get("/api/auth/profile")));
  const lost = () =>
    linesOf(logs.auth).filter((it) => it.msg === "a PostgreSQL connection was lost");
  await bed.database.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'`);
  while (lost().length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const line of lost()) assert.equal(line.requestId, undefined);
});
