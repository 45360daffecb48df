import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import { fromConnectError } from "#common/rpc/errors.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import {
  AuthService,
  GetProfileRequestSchema,
  GetProfileResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { ErrorDetailSchema, ErrorReason } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "#rpc";
import { startPlatform } from "#tools/rig/platform.ts";
import { openRaw } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const bearer = { authorization: `Bearer ${user.client.cookie("accessToken")}` };

const transports: [string, (baseUrl: string) => Transport][] = [
  ["Connect on HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  ["Connect on HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
  [
    "Connect JSON",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  ],
  ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web on HTTP/1.1", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC-Web on HTTP/2", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
];

for (const [name, transportTo] of transports) {
  describe(name, () => {
    test("answers calls on both ports", async () => {
      const auth = createClient(AuthService, transportTo(platform.authRpcUrl));
      const profile = await auth.getProfile({}, { headers: bearer });
      assert.equal(profile.user?.id, user.id);
      const rooms = createClient(RoomService, transportTo(platform.messageRpcUrl));
      assert.ok((await rooms.listPublicRooms({}, { headers: bearer })).rooms.length >= 1);
    });

    test("errors carry the typed detail", async () => {
      const rooms = createClient(RoomService, transportTo(platform.messageRpcUrl));
      const missing = await failure(rooms.getRoom({ roomId: "nope" }, { headers: bearer }));
      assert.equal(missing.code, Code.NotFound);
      assert.equal(missing.rawMessage, "Room not found");
      assert.equal(missing.findDetails(ErrorDetailSchema)[0]?.reason, ErrorReason.ROOM_NOT_FOUND);
      const invalid = await failure(rooms.createRoom({ name: "" }, { headers: bearer }));
      assert.equal(invalid.code, Code.InvalidArgument);
      assert.deepEqual(
        invalid.findDetails(ErrorDetailSchema)[0]?.violations.map((it) => it.path),
        ["name"],
      );
      const anonymous = await failure(rooms.listRooms({}));
      assert.equal(anonymous.code, Code.Unauthenticated);
    });

    test("an unknown method is unimplemented, and health is served", async () => {
      const transport = transportTo(platform.authRpcUrl);
      const wrongPort = await failure(
        createClient(RoomService, transport).listRooms({}, { headers: bearer }),
      );
      assert.equal(wrongPort.code, Code.Unimplemented);
      assert.equal(fromConnectError(wrongPort).code, "UNAVAILABLE", "to who asked the gateway");
      const health = await createClient(Health, transport).check({});
      assert.equal(health.status, HealthCheckResponse_ServingStatus.SERVING);
    });
  });
}

test("grpc-js calls the service and reads its errors", async () => {
  const client = new grpc.Client(
    new URL(platform.authRpcUrl).host,
    grpc.credentials.createInsecure(),
  );
  const call = (method: string, metadata: grpc.Metadata) =>
    new Promise<string | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        `/aetherconnect.auth.v1.AuthService/${method}`,
        (value: Uint8Array) => Buffer.from(value),
        (bytes) => fromBinary(GetProfileResponseSchema, bytes),
        toBinary(GetProfileRequestSchema, { $typeName: "aetherconnect.auth.v1.GetProfileRequest" }),
        metadata,
        { deadline: Date.now() + 5_000 },
        (error, response) => (error ? reject(error) : resolve(response?.user?.id)),
      );
    });
  const metadata = new grpc.Metadata();
  metadata.set("authorization", bearer.authorization ?? "");
  assert.equal(await call("GetProfile", metadata), user.id);
  await assert.rejects(call("GetProfile", new grpc.Metadata()), {
    code: grpc.status.UNAUTHENTICATED,
  });
  await assert.rejects(call("Nothing", metadata), { code: grpc.status.UNIMPLEMENTED });
  client.close();
});

test("curl can call Connect", async () => {
  const response = await fetch(
    `${platform.authRpcUrl}/aetherconnect.auth.v1.AuthService/GetProfile`,
    {
      method: "POST",
      headers: { "content-type": "application/json", ...bearer },
      body: "{}",
    },
  );
  const profile: unknown = await response.json();
  assert.ok(typeof profile === "object" && profile && "user" in profile);
});

test("methods for services take service tokens alone, and no service token opens a user's method", async () => {
  const auth = createClient(
    AuthService,
    createConnectTransport({ baseUrl: platform.authRpcUrl, httpVersion: "2" }),
  );
  const tokens = createServiceTokens("gateway", [platform.serviceSecret]);
  const service = { authorization: `Bearer ${await tokens.issue("auth")}` };
  const wrongAudience = { authorization: `Bearer ${await tokens.issue("message")}` };
  assert.equal(
    (await auth.getUsers({ userIds: [user.id, "999999"] }, { headers: service })).users.length,
    1,
  );
  assert.equal((await failure(auth.getUsers({}, { headers: bearer }))).code, Code.PermissionDenied);
  assert.equal((await failure(auth.getUsers({}))).code, Code.Unauthenticated);
  assert.equal(
    (await failure(auth.getUsers({}, { headers: wrongAudience }))).code,
    Code.PermissionDenied,
  );
  assert.equal(
    (await failure(auth.getProfile({}, { headers: service }))).code,
    Code.Unauthenticated,
  );
});

test("a deadline is honoured, and a login that nobody waits for starts no session", async () => {
  const auth = createClient(
    AuthService,
    createConnectTransport({ baseUrl: platform.authRpcUrl, httpVersion: "2" }),
  );
  const count = async () => (await auth.listSessions({}, { headers: bearer })).sessions.length;
  const before = await count();
  const { email, password } = user;
  const late = await failure(auth.login({ email, password }, { timeoutMs: 1 }));
  assert.equal(late.code, Code.DeadlineExceeded);
  assert.ok((await auth.login({ email, password })).tokens);
  assert.equal(await count(), before + 1);
});

test("random bytes end their own connection and nobody else's", async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const socket = openRaw(platform.authRpcUrl);
      socket.write(
        Buffer.from(
          i % 2
            ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, nonsense"
            : "\0\x01\x02nonsense\r\n\r\n",
        ),
      );
      return new Promise((resolve) => socket.on("close", resolve));
    }),
  );
  assert.equal((await user.client.get("/api/auth/profile")).status, 200);
});

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  return assert.fail("the call should have failed");
}
