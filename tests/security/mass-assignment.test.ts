import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const roomId = (await user.client.post("/api/rooms", { name: "Assignment" })).body.room.id;

const services = [AuthService, RoomService, MessageService, BlockService];

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
    const [row] = await platform.database.query("select count(*)::int as n from auth.users");
    assert.deepEqual(row, { n: 1 });
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
