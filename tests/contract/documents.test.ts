import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Parser } from "@asyncapi/parser";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { buildImage, readImage } from "#contract/compare/image.ts";
import { asyncapi } from "#contract/documents/asyncapi.ts";
import { openapi as openapiOf } from "#contract/documents/openapi.ts";
import { docsPage } from "#gateway/docs/page.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { event, rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { file_aetherconnect_realtime_v1_realtime as realtime } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";

const root = join(import.meta.dirname, "../..");
const texts = new Map(
  Object.entries({
    "openapi.json": openapiOf([AuthService, MessageService, BlockService, RoomService]),
    "asyncapi.json": asyncapi([realtime]),
  }).map(([name, document]) => [name, `${JSON.stringify(document, null, 2)}\n`]),
);
const read = (name: string) => texts.get(name) ?? "";

interface OpenApi {
  paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
  components: { schemas: Record<string, { required?: string[]; properties: object }> };
}
// JSON.parse answers any; the test names the parts that it looks at.
const openapi: OpenApi = JSON.parse(read("openapi.json"));

test("the OpenAPI document passes a public validator", async () => {
  const result = await new Validator().validate(JSON.parse(read("openapi.json")));
  assert.deepEqual(result.valid, true, JSON.stringify(result));
});

test("the AsyncAPI document passes a public validator", async () => {
  const found = await new Parser().validate(read("asyncapi.json"));
  const faults = found.filter((it) => it.code !== "asyncapi-latest-version");
  assert.deepEqual(faults, []);
});

for (const name of ["openapi.json", "asyncapi.json"]) {
  test(`the committed gen/${name} is what the contract gives`, async () => {
    const committed = await readFile(join(root, "gen", name), "utf8");
    assert.ok(committed === read(name), "stale: run npm run generate");
  });
}

test("every route and every event of the contract is in a document", async () => {
  const events: string[] = [];
  let routes = 0;
  for (const desc of readImage(await buildImage(root))) {
    if (desc.kind === "service") {
      for (const method of desc.methods.filter((it) => hasOption(it, rest))) {
        const { case: verb = "", value: path = "" } = getOption(method, rest).route;
        const jsonPath = path.replaceAll(/_([a-z])/g, (_all, c: string) => c.toUpperCase());
        assert.ok(openapi.paths[jsonPath]?.[verb], `${verb} ${jsonPath}`);
        routes += 1;
      }
    }
    if (desc.kind === "message" && hasOption(desc, event)) events.push(desc.name);
  }
  assert.ok(routes >= 22, `${routes} routes`);
  assert.ok(events.length >= 12, `${events.length} events`);
  for (const name of events) assert.ok(read("asyncapi.json").includes(`/messages/${name}"`), name);
});

test("requests: rules as keywords, what may be left out may be null", () => {
  const register = openapi.components.schemas.RegisterRequest;
  assert.deepEqual(register?.required, ["username", "email", "password", "firstName", "lastName"]);
  const accepts = compile("RegisterRequest");
  const user = {
    username: "john_doe",
    email: "john@example.com",
    password: "correct horse",
    firstName: "John",
    lastName: "Doe",
  };
  assert.ok(accepts(user));
  assert.ok(!accepts({ ...user, username: "a b" }));
  assert.ok(!accepts({ ...user, email: "a@b@c" }));
  assert.ok(!accepts({ ...user, firstName: " \u00a0" }));
  assert.ok(!accepts({ ...user, password: "😀".repeat(7) }));
  assert.ok(!accepts({ ...user, roles: ["admin"] }));
  const send = compile("SendMessageRequest");
  assert.ok(send({ content: "hi", metadata: null, messageType: "image" }));
  assert.ok(!send({ content: "hi", messageType: "system" }));
  assert.ok(!send({ content: "hi", metadata: [] }));
  assert.ok(!send({ content: "hi", roomId: "1" }), "what is in the path is not in the body");
});

test("patterns are written in what every language's expressions know", () => {
  const known = /\\(?![sSdDwW.\\/-]|x[0-9a-f]{2})|\(\?/;
  for (const name of ["openapi.json", "asyncapi.json"]) {
    const patterns = read(name).match(/(?<="pattern": )".*"/g) ?? [];
    assert.ok(patterns.length >= 2, name);
    for (const pattern of patterns) assert.doesNotMatch(JSON.parse(pattern), known);
  }
  const accepts = compile("UpdateProfileRequest");
  const email = (text: string) => accepts({ email: text });
  assert.ok(email("john@example.com"));
  for (const text of ["a b@c.de", "a\u2003b@c.de", "a\u0000@c.de", "a@c.\u0085de"]) {
    assert.ok(!email(text), JSON.stringify(text));
  }
});

test("answers: closed objects, every field there", () => {
  const accepts = compile("Room");
  const room = {
    id: "635a5e3b8bb9e8b3c8e9f5d2",
    name: "general",
    description: null,
    roomType: "public",
    createdBy: "system",
    members: ["1", "2"],
    createdAt: "2023-10-27T10:00:00.000Z",
    updatedAt: "2023-10-27T10:00:00.000Z",
    memberCount: 2,
    lastSeq: 0,
    lastRevision: 0,
    membership: null,
    lastMessage: null,
    peer: null,
  };
  assert.ok(accepts(room));
  assert.ok(!accepts({ ...room, secret: 1 }));
  assert.ok(!accepts({ ...room, roomType: "ROOM_TYPE_PUBLIC" }));
  const { lastSeq: _gone, ...less } = room;
  assert.ok(!accepts(less));
});

test("the ws-token's answer has no text", () => {
  const accepts = compileAnswer("/api/auth/ws-token", "get", "200");
  assert.ok(accepts({ success: true, token: "t" }));
  assert.ok(!accepts({ success: true, message: "ok", token: "t" }));
});

test("a repeat shows by its status and a field", () => {
  const path = "/api/rooms/{roomId}/messages";
  const answers = openapi.paths[path]?.post?.responses ?? {};
  assert.ok("200" in answers && "201" in answers);
  const text = { success: true, message: "Message sent successfully", data: {} };
  assert.ok(!compileAnswer(path, "post", "200")(text));
});

test("a failure of a route is in its document, and no other", () => {
  const codes = (path: string, verb: string, status: string): string[] | undefined => {
    const answers: Record<string, object> = { ...openapi.paths[path]?.[verb]?.responses };
    if (!(status in answers)) return undefined;
    const all = JSON.parse(read("openapi.json"));
    const { schema } = all.paths[path][verb].responses[status].content["application/json"];
    return all.components.schemas[schema.$ref.split("/").at(-1)].properties.code.enum;
  };
  assert.deepEqual(codes("/api/auth/profile", "put", "400"), [
    "PROFILE_UPDATE_FAILED",
    "AMBIGUOUS_CREDENTIALS",
  ]);
  assert.deepEqual(codes("/api/rooms/{roomId}/messages", "post", "403"), [
    "ORIGIN_FORBIDDEN",
    "FORBIDDEN",
    "NOT_IN_ROOM",
    "BLOCKED",
  ]);
  assert.deepEqual(codes("/api/rooms/{roomId}/messages", "get", "404"), [
    "ROOM_NOT_FOUND",
    "MESSAGE_NOT_FOUND",
  ]);
  assert.equal(codes("/api/rooms/{roomId}/messages", "get", "403"), undefined);
  assert.equal(codes("/api/auth/sessions", "get", "404"), undefined);
  assert.equal(codes("/api/rooms", "get", "415"), undefined);
  assert.deepEqual(codes("/api/auth/refresh", "post", "401"), [
    "INVALID_REFRESH_TOKEN",
    "TOKEN_REUSED",
    "REFRESH_RACE",
  ]);
  const accepts = compileAnswer("/api/rooms/{roomId}", "get", "404");
  const failure = { success: false, statusCode: 404, message: "Room not found", requestId: "r" };
  assert.ok(accepts({ ...failure, code: "ROOM_NOT_FOUND" }));
  assert.ok(!accepts({ ...failure, code: "USER_NOT_FOUND" }));
});

test("a failure of an event is in its document, and no other", () => {
  const { schemas } = JSON.parse(read("asyncapi.json")).components;
  for (const [name, { failures }] of Object.entries(clientEvents)) {
    const { channels, operations } = JSON.parse(read("asyncapi.json"));
    const operation = Object.values<{
      channel: { $ref: string };
      "x-ack"?: { failure: { $ref: string } };
    }>(operations).find((it) => it["x-ack"] && it.channel.$ref === `#/channels/${name}`);
    const schema = operation?.["x-ack"]?.failure.$ref.split("/").at(-1) ?? "";
    assert.deepEqual(schemas[schema].properties.code.enum, [...failures], name);
    assert.ok(schema in channels[`${name}_ack`].messages);
  }
});

test("both documents have the version of the contract's last release", async () => {
  const version = (await readFile(join(root, "contract/RELEASED"), "utf8")).trim();
  for (const name of ["openapi.json", "asyncapi.json"]) {
    assert.equal(JSON.parse(read(name)).info.version, version);
  }
});

test("the page runs under its own policy and asks nobody else", () => {
  const { html, contentSecurityPolicy } = docsPage();
  const inlined = [...html.matchAll(/<(script|style)[^>]*>([\s\S]*?)<\/\1>/g)];
  assert.deepEqual(
    inlined.map(([, tag]) => tag),
    ["style", "script", "script"],
  );
  for (const [, tag = "", content = ""] of inlined) {
    const hash = createHash("sha256").update(content).digest("base64");
    const policy = contentSecurityPolicy.split("; ").find((it) => it.startsWith(`${tag}-src `));
    assert.ok(policy?.includes(`'sha256-${hash}'`), tag);
  }
  assert.doesNotMatch(html, /https?:\/\//);
  assert.doesNotMatch(html, /innerHTML|\son\w+=|style="/);
});

function compile(schema: string) {
  return compileRef(`#/components/schemas/${schema}`);
}

function compileAnswer(path: string, verb: string, status: string) {
  const key = path.replaceAll("~", "~0").replaceAll("/", "~1");
  return compileRef(
    `#/paths/${encodeURIComponent(key)}/${verb}/responses/${status}/content/application~1json/schema`,
  );
}

function compileRef(pointer: string) {
  const ajv = new Ajv2020({ strict: false });
  // Both modules are CommonJS: types and run time disagree on where the default is.
  addFormats.default(ajv);
  ajv.addSchema(openapi, "openapi");
  return ajv.compile({ $ref: `openapi${pointer}` });
}
