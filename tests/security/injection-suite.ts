import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";
import type { Platform } from "#tools/rig/platform.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";
import { injections, keptObjects, operators, prototypeKeys } from "./injections.ts";

const services = [AuthService, RoomService, MessageService, BlockService];
const isText = (field: DescField) =>
  field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
const texts = (desc: DescMessage) => desc.fields.filter(isText);

/**
 * Sends every injection into every text field that the contract has, at every door.
 * @param open starts a platform on the store in question; disposed of at the end
 * @param skip why it can't be had here; false if it can
 */
export function injectionSuite(
  store: string,
  skip: string | false,
  open: () => Promise<{ platform: Platform } & AsyncDisposable>,
): void {
  describe(`every text field, every injection, messages in ${store}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let platform: Platform;
    let user: TestUser;
    let victim: TestUser;
    let roomId: string;
    let secretRoomId: string;
    before(async () => {
      if (skip) return;
      opened = await open();
      platform = opened.platform;
      victim = await registerUser(platform);
      user = await registerUser(platform);
      roomId = (await user.client.post("/api/rooms", { name: "Injection" })).body.room.id;
      const secret = { name: "Secret", roomType: "private" };
      secretRoomId = (await victim.client.post("/api/rooms", secret)).body.room.id;
      await victim.client.post(`/api/rooms/${secretRoomId}/messages`, { content: "secret words" });
    });
    after(() => opened?.[Symbol.asyncDispose]());
    const it = (name: string, run: () => Promise<void>) => test(name, { skip }, run);

    /** What any door answers; none may be a 5xx, a server's inner text, or another's data. */
    const inspect = (status: number, text: string, what: string) => {
      assert.ok(status < 500, `${what}: ${status} ${text}`);
      assert.doesNotMatch(
        text,
        /syntax error|pg_catalog|SQLSTATE|\bat .*\.ts:|ECONN|argon2id\$|Mongo|BSON|CastError/i,
        what,
      );
      for (const theirs of [victim.email, secretRoomId, "secret words"]) {
        assert.ok(!text.includes(theirs), `${what}: another's data`);
      }
    };
    const inspectState = async () => {
      const [row] = await platform.database.query(
        "select count(*)::int as n, count(*) filter (where username = $1)::int as victims from auth.users",
        [victim.username],
      );
      assert.deepEqual(row, { n: 2, victims: 1 });
      const { room } = (await victim.client.get(`/api/rooms/${secretRoomId}`)).body;
      assert.deepEqual([room.name, room.memberCount, room.lastSeq], ["Secret", 1, 1]);
      const { messages } = (await victim.client.get(`/api/rooms/${secretRoomId}/messages`)).body;
      assert.deepEqual(
        messages.map((message: { content: string }) => message.content),
        ["secret words"],
      );
      assert.equal(Reflect.get({}, "polluted"), undefined);
      assert.deepEqual(Object.keys(Object.prototype), []);
    };
    const bearer = () => ({
      "content-type": "application/json",
      authorization: `Bearer ${user.client.cookie("accessToken")}`,
    });

    for (const route of restRoutes(services).filter((route) => route.method.name !== "Register")) {
      const fields = texts(route.method.input);
      if (fields.length === 0) continue;
      const verb = route.verb.toUpperCase();
      const isGet = verb === "GET" || verb === "DELETE";
      it(`${verb} ${route.template}`, async () => {
        for (const field of fields) {
          const isInPath = route.template.includes(`{${field.name}}`);
          const pathOf = (injection: string) =>
            route.template.replaceAll(/\{([^}]*)\}/g, (_all, name: string) =>
              name === field.name
                ? encodeURIComponent(injection)
                : name === "room_id"
                  ? roomId
                  : "1",
            );
          for (const injection of injections) {
            const what = `${field.jsonName}: ${injection}`;
            const query =
              isGet && !isInPath ? `?${field.jsonName}=${encodeURIComponent(injection)}` : "";
            const answer = await user.client.request(verb, pathOf(injection) + query, {
              ...(!isGet && { body: isInPath ? {} : { [field.jsonName]: injection } }),
            });
            inspect(answer.status, answer.text, what);
            for (const cookie of answer.setCookies) assert.ok(!cookie.includes("planted"), what);
          }
          if (isInPath) continue;
          for (const operator of operators) {
            const what = `${field.jsonName}: ${JSON.stringify(operator)}`;
            const path = isGet ? `${pathOf("x")}?${field.jsonName}[$ne]=x` : pathOf("x");
            const body = { [field.jsonName]: operator };
            const answer = await user.client.request(verb, path, { ...(!isGet && { body }) });
            // In a query it is another parameter, which nothing is known of.
            const expected = isGet ? (await user.client.request(verb, pathOf("x"))).status : 400;
            assert.equal(answer.status, expected, `${what}: ${answer.text}`);
          }
        }
        await inspectState();
      });
    }

    for (const service of services) {
      it(`${service.name}, by RPC`, async () => {
        const base = service === AuthService ? platform.authRpcUrl : platform.messageRpcUrl;
        for (const method of service.methods.filter((method) => method.methodKind === "unary")) {
          if (method.name === "Register") continue;
          const send = async (field: DescField, value: unknown) => {
            const hasRoom = method.input.fields.some(({ name }) => name === "room_id");
            const body = { ...(hasRoom && { roomId }), [field.jsonName]: value };
            const url = `${base}/${service.typeName}/${method.name}`;
            const init = { method: "POST", headers: bearer(), body: JSON.stringify(body) };
            const response = await fetch(url, init);
            const text = await response.text();
            inspect(response.status, text, `${method.name} ${JSON.stringify(value)}`);
            return response.status;
          };
          for (const field of texts(method.input)) {
            for (const injection of injections) await send(field, injection);
            for (const operator of operators) assert.notEqual(await send(field, operator), 200);
          }
        }
        await inspectState();
      });
    }

    it("every event", async () => {
      const socket = await connectSocket(platform.messageUrl, user);
      for (const [event, { payload }] of Object.entries(clientEvents)) {
        for (const field of texts(payload)) {
          for (const value of [...injections, ...operators]) {
            const body = { roomId, [field.jsonName]: value };
            // One event stands for all: their payloads differ in type.
            const answer = await socket.emitWithAck(event as "send_message", body as never);
            const text = JSON.stringify(answer);
            inspect(200, text, `${event} ${JSON.stringify(value)}`);
            assert.ok(!text.includes('"INTERNAL"'), text);
            if (typeof value !== "string") assert.equal(answer.success, false, text);
          }
        }
      }
      socket.disconnect();
      await inspectState();
    });

    it("the stored text comes back as it went in, and means nothing", async () => {
      const path = `/api/rooms/${roomId}/messages`;
      for (const content of injections) {
        const metadata = { note: content, list: [content] };
        const sent = await user.client.post(path, { content, metadata });
        assert.equal(sent.status, 201);
        const { body } = await user.client.get(`${path}?limit=1`);
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

    it("keys and values of metadata are kept as they came, whatever the store calls so", async () => {
      const path = `/api/rooms/${roomId}/messages`;
      for (const metadata of [...keptObjects, { all: keptObjects }]) {
        const what = JSON.stringify(metadata);
        const sent = await user.client.post(path, { content: "kept", metadata });
        assert.equal(sent.status, 201, `${what}: ${sent.text}`);
        assert.deepEqual(sent.body.data.metadata, metadata);
        const [last] = (await user.client.get(`${path}?limit=1`)).body.messages;
        assert.deepEqual(last, sent.body.data, what);
      }
      const { room } = (await user.client.get(`/api/rooms/${roomId}`)).body;
      for (const key of prototypeKeys) {
        for (const metadata of [{ [key]: { polluted: 1 } }, { a: [{ [key]: { polluted: 1 } }] }]) {
          const refused = await user.client.post(path, { content: "x", metadata });
          assert.equal(refused.status, 400, `${key}: ${refused.text}`);
        }
        const planted = await user.client.post(path, { content: "x", [key]: { polluted: 1 } });
        assert.equal(planted.status, 400, `${key}: ${planted.text}`);
      }
      const after = (await user.client.get(`/api/rooms/${roomId}`)).body.room;
      assert.equal(after.lastSeq, room.lastSeq);
      await inspectState();
    });

    it("headers: what a client says of itself stays data", async () => {
      const { email, password } = victim;
      const device = `${"'; drop table auth.sessions; --".repeat(20)}\u00e9`;
      const headers = { "user-agent": device };
      const login = await platform
        .client()
        .post("/api/auth/login", { email, password }, { headers });
      assert.equal(login.status, 200);
      const { sessions } = (await victim.client.get("/api/auth/sessions")).body;
      assert.ok(sessions.length >= 2);
      for (const { device } of sessions) assert.ok((device ?? "").length <= 200);
    });
  });
}
