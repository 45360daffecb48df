import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { AuthService } from "../../gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "../../gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "../../gen/aetherconnect/message/v1/room_pb.ts";
import { clientEvents } from "../../gen/socket-events.ts";
import { restRoutes } from "../../services/gateway/rest/routes.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { connectSocket } from "../harness/sockets.ts";
import { registerUser, type TestUser } from "../harness/users.ts";

let platform: Platform;
let user: TestUser;
let victim: TestUser;
let roomId: string;
before(async () => {
  platform = await startPlatform();
  victim = await registerUser(platform);
  user = await registerUser(platform);
  roomId = (await user.client.post("/api/rooms", { name: "Injection" })).body.room.id;
});
after(() => platform[Symbol.asyncDispose]());

/** Texts that mean something to what stands behind a door. */
const injections = [
  "' or '1'='1",
  "'; drop table auth.users cascade; --",
  "x' union select password_hash from auth.users --",
  "\\'; select pg_sleep(5); --",
  "$1",
  "%' --",
  '{"$ne":null}',
  '{"$gt":""}',
  "$where: sleep(1000)",
  "x\r\nSet-Cookie: accessToken=planted",
  "x\r\n\r\nHTTP/1.1 200 OK",
  "x\nx-client-address: 127.0.0.1",
  "*\r\nFLUSHALL\r\n",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "{{7*7}}<%= 7*7 %>#{7*7}",
  "<script>alert(1)</script>",
  "|| ping -c 1 127.0.0.1",
  "%00",
  "\u202egnp.exe",
];

const services = [AuthService, RoomService, MessageService];
const isText = (field: DescField) =>
  field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
const texts = (desc: DescMessage) => desc.fields.filter(isText);

/** What any door answers; none may be a 5xx, a server's inner text, or another's data. */
function inspect(status: number, text: string, what: string): void {
  assert.ok(status < 500, `${what}: ${status} ${text}`);
  assert.doesNotMatch(
    text,
    /syntax error|pg_catalog|SQLSTATE|\bat .*\.ts:|ECONN|argon2id\$/i,
    what,
  );
  assert.ok(!text.includes(victim.email), `${what}: another's data`);
}

async function inspectState(): Promise<void> {
  const [row] = await platform.database.query(
    "select count(*)::int as n, count(*) filter (where username = $1)::int as victims from auth.users",
    [victim.username],
  );
  assert.deepEqual(row, { n: 2, victims: 1 });
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.deepEqual(Object.keys(Object.prototype), []);
}

describe("every text field, every injection", () => {
  for (const route of restRoutes(services).filter((it) => it.method.name !== "Register")) {
    const fields = texts(route.method.input);
    if (fields.length === 0) continue;
    test(`${route.verb.toUpperCase()} ${route.template}`, async () => {
      for (const field of fields) {
        for (const injection of injections) {
          const what = `${field.jsonName}: ${injection}`;
          const isInPath = route.template.includes(`{${field.name}}`);
          const path = route.template.replaceAll(/\{([^}]*)\}/g, (_all, name: string) =>
            name === field.name ? encodeURIComponent(injection) : name === "room_id" ? roomId : "1",
          );
          const isGet = route.verb === "get" || route.verb === "delete";
          const query =
            isGet && !isInPath ? `?${field.jsonName}=${encodeURIComponent(injection)}` : "";
          const answer = await user.client.request(route.verb.toUpperCase(), path + query, {
            ...(!isGet && { body: isInPath ? {} : { [field.jsonName]: injection } }),
          });
          inspect(answer.status, answer.text, what);
          for (const cookie of answer.setCookies) assert.ok(!cookie.includes("planted"), what);
        }
      }
      await inspectState();
    });
  }

  for (const service of services) {
    test(`${service.name}, by RPC`, async () => {
      const base = service === AuthService ? platform.authRpcUrl : platform.messageRpcUrl;
      for (const method of service.methods.filter((it) => it.methodKind === "unary")) {
        if (method.name === "Register") continue;
        for (const field of texts(method.input)) {
          for (const injection of injections) {
            const response = await fetch(`${base}/${service.typeName}/${method.name}`, {
              method: "POST",
              headers: {
                "content-type": "application/json",
                authorization: `Bearer ${user.client.cookie("accessToken")}`,
              },
              body: JSON.stringify({
                ...(method.input.fields.some((it) => it.name === "room_id") && { roomId }),
                [field.jsonName]: injection,
              }),
            });
            inspect(response.status, await response.text(), `${method.name} ${injection}`);
          }
        }
      }
      await inspectState();
    });
  }

  test("every event", async () => {
    const socket = await connectSocket(platform.messageUrl, user);
    for (const [event, { payload }] of Object.entries(clientEvents)) {
      for (const field of texts(payload)) {
        for (const injection of injections) {
          const body = { roomId, [field.jsonName]: injection };
          // One event stands for all: their payloads differ in type.
          const answer = await socket.emitWithAck(event as "send_message", body as never);
          const text = JSON.stringify(answer);
          inspect(200, text, `${event} ${injection}`);
          assert.ok(!text.includes('"INTERNAL"'), text);
        }
      }
    }
    socket.disconnect();
    await inspectState();
  });

  test("the stored text comes back as it went in, and means nothing", async () => {
    for (const content of injections) {
      const metadata = { note: content, list: [content] };
      const sent = await user.client.post(`/api/rooms/${roomId}/messages`, { content, metadata });
      assert.equal(sent.status, 201);
      const { body } = await user.client.get(`/api/rooms/${roomId}/messages?limit=1`);
      assert.equal(body.messages[0].content, content);
      assert.deepEqual(body.messages[0].metadata, metadata);
      const profile = await user.client.put("/api/auth/profile", { firstName: content });
      if (profile.status === 200) assert.equal(profile.body.user.firstName, content);
      const room = await user.client.post("/api/rooms", { name: content, description: content });
      assert.equal(room.body.room.name, content);
      assert.equal(room.body.room.description, content);
    }
    await inspectState();
  });

  test("headers: what a client says of itself stays data", async () => {
    const { email, password } = victim;
    const login = await platform
      .client()
      .post(
        "/api/auth/login",
        { email, password },
        { headers: { "user-agent": `${"'; drop table auth.sessions; --".repeat(20)}\u00e9` } },
      );
    assert.equal(login.status, 200);
    const { sessions } = (await victim.client.get("/api/auth/sessions")).body;
    assert.ok(sessions.length >= 2);
    for (const { device } of sessions) assert.ok((device ?? "").length <= 200);
  });
});

describe("mass assignment", () => {
  const planted = {
    id: "1",
    _id: "1",
    roles: ["admin"],
    role: "admin",
    isAdmin: true,
    createdBy: "system",
    createdAt: "2000-01-01T00:00:00.000Z",
    seq: 1,
    lastSeq: 0,
    members: ["1"],
    memberCount: 0,
    userId: "1",
    username: "planted",
    name: "planted",
    passwordHash: "x",
    passwordVersion: 0,
    emailVerified: true,
    sessionId: "x",
    $typeName: "aetherconnect.auth.v1.User",
    $unknown: [],
  };
  const samples: Record<string, object> = {
    Register: {
      username: "newcomer",
      email: "newcomer@example.com",
      password: "correct horse battery",
      firstName: "A",
      lastName: "B",
    },
    CreateRoom: { name: "Mine" },
    SendMessage: { content: "hello" },
    UpdateProfile: { lastName: "Changed" },
    ChangePassword: { currentPassword: "x", newPassword: "another good one" },
    AddMember: { username: "nobody_here" },
  };

  test("no body takes a field that its method doesn't have", async () => {
    for (const route of restRoutes(services).filter(
      (it) => it.verb === "post" || it.verb === "put",
    )) {
      const own = new Set(route.method.input.fields.map((it) => it.jsonName));
      const path = route.template.replace("{room_id}", roomId);
      for (const [name, value] of Object.entries(planted)) {
        if (own.has(name) && !route.template.includes(`{${name}}`)) continue;
        const body = { ...samples[route.method.name], [name]: value };
        const answer = await user.client.request(route.verb.toUpperCase(), path, { body });
        assert.equal(answer.status, 400, `${route.template} ${name}: ${answer.text}`);
      }
    }
    await inspectState();
  });

  test("no event does", async () => {
    const socket = await connectSocket(platform.messageUrl, user);
    await socket.emitWithAck("join_room", { roomId });
    for (const [event, { payload }] of Object.entries(clientEvents)) {
      const own = new Set(payload.fields.map((it) => it.jsonName));
      for (const [name, value] of Object.entries(planted)) {
        if (own.has(name)) continue;
        const body = { roomId, ...(event === "send_message" && { content: "x" }), [name]: value };
        const answer = await socket.emitWithAck(event as "send_message", body as never);
        assert.equal(
          answer.success === false && answer.code,
          "VALIDATION_FAILED",
          `${event} ${name}`,
        );
      }
    }
    socket.disconnect();
  });

  test("by RPC unknown fields are passed over, and known ones mean what they say", async () => {
    const call = async (path: string, body: object) => {
      const base = path.includes("AuthService") ? platform.authRpcUrl : platform.messageRpcUrl;
      const response = await fetch(`${base}/${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${user.client.cookie("accessToken")}`,
        },
        body: JSON.stringify(body),
      });
      return JSON.parse(await response.text());
    };
    const { $typeName, $unknown, ...rest } = planted;
    const profile = await call("aetherconnect.auth.v1.AuthService/UpdateProfile", {
      ...rest,
      username: undefined,
      lastName: "Changed",
    });
    assert.equal(profile.user.id, user.id);
    assert.deepEqual(profile.user.roles, ["user"]);
    const made = await call("aetherconnect.message.v1.RoomService/CreateRoom", {
      ...rest,
      name: "Mine",
    });
    assert.equal(made.room.createdBy, user.id);
    assert.deepEqual(made.room.members, [user.id]);
    const sent = await call("aetherconnect.message.v1.MessageService/SendMessage", {
      ...rest,
      roomId: made.room.id,
      content: "hello",
    });
    assert.equal(sent.data.userId, user.id);
    assert.notEqual(sent.data.username, "planted");
  });

  test("an answer to many unknown fields isn't many times their size", async () => {
    const body = Object.fromEntries(Array.from({ length: 6_000 }, (_, i) => [`k${i}`, 1]));
    const answer = await user.client.post("/api/rooms", body);
    assert.equal(answer.status, 400);
    assert.ok(answer.text.length < 10_000, `${answer.text.length}`);
  });
});
