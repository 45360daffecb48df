import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Socket } from "socket.io-client";
import { AppError } from "#contract/errors.ts";
import { type RestRoute, restRoutes } from "#contract/rest/routes.ts";
import { validate } from "#contract/validate.ts";
import { type FieldForm, formOf } from "#contract/wire/form.ts";
import { readJson } from "#contract/wire/reader.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";
import { type BadPayload, badPayloads, mayMiss, unknownFields } from "#tools/rig/bad-values.ts";
import { createHttpClient, type HttpClient } from "#tools/rig/http-client.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { newRegistration, registerUser } from "#tools/rig/users.ts";
import { loadPolls, type Polls, startPolls } from "../fixtures/polls.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const roomId = (await user.client.post("/api/rooms", { name: "Matrix" })).body.room.id;
await user.client.post(`/api/rooms/${roomId}/messages`, { content: "first" });
const countsBefore = await rowCounts();

const services = [AuthService, RoomService, MessageService, BlockService];

describe("every field, every bad value, by REST", () => {
  for (const route of restRoutes(services)) {
    const { verb, template, otherFields } = route;
    if (route.hasBody && otherFields.length > 0) {
      test(`${verb.toUpperCase()} ${template}`, async () => {
        for (const { kind, path, payload } of refused(
          badPayloads(otherFields, sample(route.method, otherFields)),
        )) {
          await refuses(route, payload, `${path}: ${kind}`);
        }
        for (const { kind, value } of unknownFields) {
          await refuses(route, JSON.parse(`{"${kind}":"${String(value)}"}`), `unknown ${kind}`);
        }
        assert.equal(await rowCounts(), countsBefore);
      });
    } else if (!route.hasBody && otherFields.length > 0) {
      test(`${verb.toUpperCase()} ${template}`, async () => {
        for (const { name } of otherFields.filter(({ value }) => value.kind !== "string")) {
          for (const value of badNumbers) {
            const answer = await user.client.get(`${pathOf(route)}?${name}=${value}`);
            assert.equal(answer.status, 400, `${name}=${value}`);
          }
        }
      });
    }
  }
});

describe("every field, every bad value, by RPC", () => {
  for (const service of services) {
    const url = service === AuthService ? () => platform.authRpcUrl : () => platform.messageRpcUrl;
    for (const { method } of restRoutes([service]).filter(
      (it) => it.method.input.fields.length > 0,
    )) {
      test(`${service.name}.${method.name}`, async () => {
        const { fields } = formOf(method.input);
        const good = sample(method, fields);
        for (const bad of refused(badPayloads(fields, good)).filter(isBadProtoJson)) {
          const status = await callStatus(url(), service.typeName, method.name, bad.payload);
          assert.ok(status >= 400 && status < 500, `${bad.path}: ${bad.kind} → ${status}`);
        }
        assert.equal(await rowCounts(), countsBefore);
      });
    }
  }
});

describe("every field, every bad value, by event", () => {
  let socket: Socket;
  before(async () => {
    // As a client without our types would: any event, any payload.
    socket = (await connectSocket(platform.messageUrl, user)) as never;
  });
  after(() => socket.disconnect());

  for (const [event, { payload }] of Object.entries(clientEvents)) {
    test(event, async () => {
      const { fields } = formOf(payload);
      const good = goodValues(fields);
      for (const { field, kind, path, payload: bad } of refused(badPayloads(fields, good))) {
        const answer = await socket.timeout(5_000).emitWithAck(event, bad);
        // No id is too long to be looked up, and there is no such room to be in.
        if (field.name === "roomId" && kind === "too long") {
          assert.ok(answer.success === (event === "leave_room"), kind);
        } else {
          assert.equal(answer.code, "VALIDATION_FAILED", `${path}: ${kind}`);
        }
      }
      for (const value of [null, undefined, 5, "text", true, [], [roomId], Buffer.from("x")]) {
        const answer = await socket.timeout(5_000).emitWithAck(event, value);
        assert.equal(answer.code, "VALIDATION_FAILED", String(value));
      }
      for (const { kind } of unknownFields) {
        const answer = await socket
          .timeout(5_000)
          .emitWithAck(event, Object.fromEntries([[kind, 1], ...Object.entries(good)]));
        assert.equal(answer.code, "VALIDATION_FAILED", kind);
      }
      const failed = new Promise((resolve) => socket.once("error", resolve));
      socket.emit(event, { roomId: 5 });
      assert.deepEqual(await failed, {
        code: "VALIDATION_FAILED",
        message: "Validation failed",
        event,
        details: [
          {
            path: "roomId",
            message: fields.some(({ name }) => name === "roomId")
              ? "must be a string"
              : "is not a field of this request",
          },
        ],
      });
      assert.equal(await rowCounts(), countsBefore);
    });
  }

  test("unknown events are refused", async () => {
    for (const event of ["nonsense", "new_message", "__proto__", "constructor", "toString"]) {
      const answer = await socket.timeout(5_000).emitWithAck(event, {});
      assert.equal(answer.code, "VALIDATION_FAILED", event);
    }
    assert.ok(socket.connected);
  });
});

describe("lists, messages, times and numbers in paths, at every door", async () => {
  const { registry, service } = await loadPolls();
  let polls: Polls;
  let http: HttpClient;
  let headers: Record<string, string>;
  before(async () => {
    polls = await startPolls(platform, service);
    http = createHttpClient(polls.gatewayUrl);
    headers = { authorization: `Bearer ${user.client.cookie("accessToken")}` };
  });
  after(() => polls[Symbol.asyncDispose]());

  const paths: Record<string, string> = {
    CreatePoll: "/api/rooms/abc/polls",
    UpdatePoll: "/api/rooms/abc/polls/7",
  };
  const good = {
    question: "Tea?",
    style: "single",
    choices: [{ text: "yes", tags: ["hot"], look: { bold: true, weight: 3 } }],
    sizes: [1],
    styles: ["several"],
    look: { bold: false },
    closesAt: "2030-01-01T00:00:00.000Z",
  };

  for (const { method, verb, otherFields } of restRoutes([service]).filter((it) => it.hasBody)) {
    const names = otherFields.map((it) => it.name);
    const own = Object.fromEntries(Object.entries(good).filter(([name]) => names.includes(name)));
    const send = (body: object) =>
      http.request(verb.toUpperCase(), paths[method.name] ?? "", { body, headers });

    test(`${method.name} by REST`, async () => {
      assert.ok((await send(own)).status < 300);
      const bad = refused(badPayloads(otherFields, own));
      assert.ok(bad.length > 80, `${bad.length} payloads`);
      for (const { kind, path, payload } of bad) {
        const { status, body, text } = await send(payload);
        assert.equal(status, 400, `${path}: ${kind} → ${text}`);
        const found: { path: string }[] = body.details;
        assert.ok(
          found.some((it) => isWithin(it.path, path)),
          `${path}: ${kind} → ${text}`,
        );
      }
      for (const [path, payload] of [
        ["look.weight", { ...own, look: { bold: true } }],
        [
          "choices[1].look.weight",
          { ...own, choices: [{ text: "a" }, { text: "b", look: { bold: true } }] },
        ],
        ["choices[0].tags[1]", { ...own, choices: [{ text: "a", tags: ["b", "much too long"] }] }],
        ["choices[0].roles", { ...own, choices: [{ text: "a", roles: ["admin"] }] }],
        ["choices", { ...own, choices: Array(5).fill({ text: "a" }) }],
        ["choices[0]", { ...own, choices: [[]] }],
      ] as const) {
        const { status, body } = await send(payload);
        assert.equal(status, 400, path);
        assert.deepEqual(
          body.details.map((it: { path: string }) => it.path),
          [path],
        );
      }
    });

    test(`${method.name} by RPC`, async () => {
      const given = { roomId: "abc", ...(method.name === "UpdatePoll" && { number: 7 }) };
      const call = (body: object) =>
        callStatus(polls.rpcUrl, service.typeName, method.name, { ...given, ...body });
      const protoJson = { ...own, style: "POLL_STYLE_SINGLE", styles: ["POLL_STYLE_SEVERAL"] };
      for (const bad of refused(badPayloads(otherFields, protoJson)).filter(isBadProtoJson)) {
        const status = await call(bad.payload);
        assert.ok(status >= 400 && status < 500, `${bad.path}: ${bad.kind} → ${status}`);
      }
      assert.equal(await call({ look: { bold: true } }), 400);
    });
  }

  test("as the payload of an event", () => {
    const desc = registry.getMessage("fixture.v1.CreatePollRequest");
    assert.ok(desc);
    const take = (json: object) => validate(desc, readJson(desc, json));
    const payload = { ...good, roomId: "abc" };
    take(payload);
    const bad = refused(badPayloads(formOf(desc).fields, payload));
    for (const { kind, path, payload } of bad.filter((it) => it.path !== "roomId")) {
      assert.throws(
        () => take(payload),
        (error) =>
          error instanceof AppError &&
          error.code === "VALIDATION_FAILED" &&
          error.faults.some((it) => isWithin(it.path, path)),
        `${path}: ${kind}`,
      );
    }
  });

  test("messages within messages, up to a depth", async () => {
    const nested = (depth: number): object => {
      return { text: "a", ...(depth > 1 && { more: [nested(depth - 1)] }) };
    };
    const patch = (depth: number) => {
      const body = { choices: [nested(depth)] };
      return http.request("PATCH", "/api/rooms/abc/polls/7", { body, headers });
    };
    assert.equal((await patch(32)).status, 200);
    for (const depth of [33, 2_000]) {
      const { status, body } = await patch(depth);
      assert.equal(status, 400, `${depth}`);
      assert.equal(body.details[0].message, "is nested too deeply");
    }
  });

  test("in a query: a key that is repeated makes a list", async () => {
    const list = (query: string) => http.get(`/api/rooms/abc/polls?${query}`, { headers });
    const { body } = await list("numbers=2&numbers=1&styles=single&ended=true&utm=x");
    assert.deepEqual(body.request, {
      roomId: "abc",
      numbers: [2, 1],
      styles: ["single"],
      ended: true,
    });
    for (const value of badNumbers) {
      const answer = await list(`numbers=1&numbers=${value}`);
      assert.equal(answer.status, 400, value);
      assert.equal(answer.body.details[0].path, "numbers[1]");
    }
    for (const query of ["styles=odd", "styles=", "ended=1", "ended=", "ended=true&ended=true"]) {
      assert.equal((await list(query)).status, 400, query);
    }
  });

  test("a number in a path that can't be one is one that isn't there", async () => {
    const patch = (part: string) =>
      http.request("PATCH", `/api/rooms/abc/polls/${part}`, { body: {}, headers });
    assert.equal((await patch("7")).status, 200);
    for (const part of ["0", "-1", "1.5", "x", "07", "7%20", "1e1", "99999999999", "%00", "9"]) {
      const { status, body } = await patch(part);
      assert.equal(status, 404, part);
      assert.equal(body.code, "NOT_FOUND");
    }
    const body = { number: 7 };
    const given = await http.request("PATCH", "/api/rooms/abc/polls/7", { body, headers });
    assert.equal(given.status, 400, "what is in the path is not in the body");
  });
});

const badNumbers = ["", "x", "-1", "1.5", "1e3", "NaN", "%00", "99999999999", "%7B%7D", "0x10"];

function isWithin(path: string, expected: string): boolean {
  return path === expected || path.startsWith(`${expected}.`) || path.startsWith(`${expected}[`);
}

/** A payload that the method would take. */
function sample(method: DescMethod, fields: readonly FieldForm[]): object {
  const samples: Record<string, object> = {
    Register: newRegistration(),
    Login: { email: user.email, password: user.password },
    ChangePassword: { currentPassword: user.password, newPassword: "another good one" },
    CreateRoom: { name: "Room" },
    AddMember: { userId: user.id },
  };
  return { ...goodValues(fields), ...samples[method.name] };
}

/** Of those fields whose names say what they are. */
function goodValues(fields: readonly FieldForm[]): object {
  const values = {
    roomId,
    seq: 1,
    emoji: "👍",
    content: "Hello",
    userIds: ["1"],
    status: "online",
  };
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => fields.some((it) => it.name === name)),
  );
}

/** Those that no door may take. */
function refused(payloads: BadPayload[]): BadPayload[] {
  return payloads.filter(({ kind, field }) => {
    const { name, value } = field;
    if (kind === "injection" || kind === "prototype key") return false;
    if (mayMiss(field) && (kind === "missing" || kind === "null")) return false;
    if (name === "description" && kind === "empty") return false;
    return !(value.kind === "object" && (kind === "object" || kind === "operator"));
  });
}

/** Proto3 JSON takes numbers for enums, and 2 March for 30 February; unknown names it passes over. */
function isBadProtoJson({ kind, field: { value } }: BadPayload): boolean {
  if (value.kind === "enum" || kind === "30 February") return false;
  return !(value.kind === "message" && (kind === "object" || kind === "operator"));
}

async function callStatus(
  url: string,
  service: string,
  method: string,
  body: object,
): Promise<number> {
  const response = await fetch(`${url}/${service}/${method}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${user.client.cookie("accessToken")}`,
    },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

async function refuses(route: RestRoute, body: object, what: string): Promise<void> {
  const client = route.access === Access.ANYONE ? platform.client() : user.client;
  const answer = await client.request(route.verb.toUpperCase(), pathOf(route), { body });
  assert.ok(
    answer.status >= 400 && answer.status < 500,
    `${what} → ${answer.status} ${answer.text}`,
  );
  const isUnknownId = ["User not found", "Invalid refresh token"].includes(answer.body.message);
  assert.ok(answer.status === 400 || isUnknownId, `${what} → ${answer.text}`);
}

function pathOf(route: RestRoute): string {
  return route.template
    .replace("{room_id}", roomId)
    .replace("{user_id}", user.id)
    .replace("{seq}", "1")
    .replace("{emoji}", encodeURIComponent("👍"))
    .replace("{session_id}", "none");
}

/** Of all but who is there, and the words of messages, which are indexed behind them. */
async function rowCounts(): Promise<string> {
  const tables = await platform.database.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('auth', 'message') and table_type = 'BASE TABLE'
       and table_name not in ('presence_instances', 'presences', 'last_seen',
         'search_positions', 'searchable') order by 1`,
  );
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await platform.database.query(`select count(*) as n from ${String(name)}`);
      return `${String(name)} ${String(row?.n)}`;
    }),
  );
  return counts.join("\n");
}
