import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DescField, DescMethod } from "@bufbuild/protobuf";
import type { Socket } from "socket.io-client";
import { type RestRoute, restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";
import { badValues, mayMiss, unknownFields, withField } from "#tools/rig/bad-values.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { newRegistration, registerUser, type TestUser } from "#tools/rig/users.ts";

let platform: Platform;
let user: TestUser;
let roomId: string;
let countsBefore: string;
before(async () => {
  platform = await startPlatform();
  user = await registerUser(platform);
  roomId = (await user.client.post("/api/rooms", { name: "Matrix" })).body.room.id;
  countsBefore = await rowCounts();
});
after(() => platform[Symbol.asyncDispose]());

const services = [AuthService, RoomService, MessageService];

describe("every field, every bad value, by REST", () => {
  for (const route of restRoutes(services)) {
    const hasBody = route.verb === "post" || route.verb === "put";
    const own = route.method.input.fields.filter(
      (field) => !route.template.includes(`{${field.name}}`),
    );
    if (hasBody && own.length > 0) {
      test(`${route.verb.toUpperCase()} ${route.template}`, async () => {
        const payload = sample(route.method);
        for (const field of own) {
          for (const { kind, value } of refused(field)) {
            await refuses(
              route,
              withField(payload, field.jsonName, value),
              `${field.jsonName}: ${kind}`,
            );
          }
        }
        for (const { kind, value } of unknownFields) {
          await refuses(route, JSON.parse(`{"${kind}":"${String(value)}"}`), `unknown ${kind}`);
        }
        assert.equal(await rowCounts(), countsBefore);
      });
    } else if (!hasBody && own.length > 0) {
      test(`${route.verb.toUpperCase()} ${route.template}`, async () => {
        for (const field of own.filter(
          (it) => it.fieldKind === "scalar" && it.jsonName !== "username",
        )) {
          for (const value of [
            "",
            "x",
            "-1",
            "1.5",
            "1e3",
            "NaN",
            "%00",
            "99999999999",
            "%7B%7D",
            "0x10",
          ]) {
            const answer = await user.client.get(`${pathOf(route)}?${field.jsonName}=${value}`);
            assert.equal(answer.status, 400, `${field.jsonName}=${value}`);
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
        const payload: Record<string, unknown> = { ...sample(method) };
        for (const field of method.input.fields.filter((it) => it.fieldKind !== "enum")) {
          if (field.name === "room_id") payload.roomId = roomId;
          for (const { kind, value } of refused(field)) {
            // A whole number may stand in a string, and an unknown name is passed over: proto3 JSON.
            const body = withField(payload, field.jsonName, value);
            const response = await fetch(`${url()}/${service.typeName}/${method.name}`, {
              method: "POST",
              headers: {
                "content-type": "application/json",
                authorization: `Bearer ${user.client.cookie("accessToken")}`,
              },
              body: JSON.stringify(body),
            });
            await response.arrayBuffer();
            assert.ok(
              response.status >= 400 && response.status < 500,
              `${field.jsonName}: ${kind} → ${response.status}`,
            );
          }
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
      const good = { roomId, ...(event === "send_message" && { content: "x" }) };
      for (const field of payload.fields) {
        for (const { kind, value } of refused(field)) {
          const answer = await socket
            .timeout(5_000)
            .emitWithAck(event, withField(good, field.jsonName, value));
          // No id is too long to be looked up, and there is no such room to be in.
          if (field.name === "room_id" && kind === "too long") {
            assert.ok(answer.success === (event === "leave_room"), kind);
          } else {
            assert.equal(answer.code, "VALIDATION_FAILED", `${field.jsonName}: ${kind}`);
          }
        }
      }
      for (const value of [null, undefined, 5, "text", true, [], [roomId], Buffer.from("x")]) {
        const answer = await socket.timeout(5_000).emitWithAck(event, value);
        assert.equal(answer.code, "VALIDATION_FAILED", String(value));
      }
      for (const { kind } of unknownFields) {
        const answer = await socket
          .timeout(5_000)
          .emitWithAck(event, JSON.parse(JSON.stringify(good).replace("{", `{"${kind}":1,`)));
        assert.equal(answer.code, "VALIDATION_FAILED", kind);
      }
      const failed = new Promise((resolve) => socket.once("error", resolve));
      socket.emit(event, { roomId: 5 });
      assert.deepEqual(await failed, {
        code: "VALIDATION_FAILED",
        message: "Validation failed",
        event,
        details: [{ path: "roomId", message: "must be a string" }],
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

/** A payload that the method would take. */
function sample(method: DescMethod): object {
  const samples: Record<string, object> = {
    Register: newRegistration(),
    Login: { email: user.email, password: user.password },
    ChangePassword: { currentPassword: user.password, newPassword: "another good one" },
    CreateRoom: { name: "Room" },
    AddMember: { userId: user.id },
    SendMessage: { content: "Hello" },
  };
  return samples[method.name] ?? {};
}

/** The bad values that no door may take for this field. */
function refused(field: DescField) {
  return badValues(field).filter(({ kind, value }) => {
    if (kind === "injection" || kind === "prototype key") return false;
    if (mayMiss(field) && (kind === "missing" || kind === "null")) return false;
    if (
      field.name === "room_id" &&
      kind === "too long" &&
      field.parent.name !== "SendMessageRequest"
    )
      return true;
    if (field.name === "after_seq" || field.name === "after" || field.name === "page") {
      return !(kind === "missing" || kind === "null");
    }
    if (field.name === "description" && kind === "empty") return false;
    if (field.fieldKind === "message" && (kind === "object" || kind === "operator")) return false;
    return value !== undefined;
  });
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
    .replace("{session_id}", "none");
}

async function rowCounts(): Promise<string> {
  const tables = await platform.database.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('auth', 'message') and table_type = 'BASE TABLE' order by 1`,
  );
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await platform.database.query(`select count(*) as n from ${String(name)}`);
      return `${String(name)} ${String(row?.n)}`;
    }),
  );
  return counts.join("\n");
}
