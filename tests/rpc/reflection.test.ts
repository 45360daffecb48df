import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { create, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import grpc from "@grpc/grpc-js";
import { ServerReflection } from "#rpc";
import { foreignClient } from "#tools/clients/foreign-clients.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";

const platform = await shared(startPlatform());
const ports = [
  [platform.authRpcUrl, "aetherconnect.auth.v1.AuthService", "auth"],
  [platform.messageRpcUrl, "aetherconnect.message.v1.RoomService", "message"],
] as const;

for (const version of ["v1", "v1alpha"]) {
  describe(`reflection ${version}`, () => {
    for (const [url, service, name] of ports) {
      test(`lists the services of ${name} and those of gRPC`, async () => {
        await using asked = openReflection(url, version);
        const answer = await asked.ask({ case: "listServices", value: "" });
        assert.equal(answer.case, "listServicesResponse");
        const names = answer.value.service.map((it) => it.name);
        for (const expected of [
          service,
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
        ]) {
          assert.ok(names.includes(expected), expected);
        }
      });
    }

    test("finds the file of whatever has a name", async () => {
      await using asked = openReflection(platform.messageRpcUrl, version);
      const room = "aetherconnect.message.v1";
      for (const [symbol, file] of [
        [`${room}.RoomService`, "aetherconnect/message/v1/room.proto"],
        [`${room}.RoomService.CreateRoom`, "aetherconnect/message/v1/room.proto"],
        [`${room}.Room`, "aetherconnect/message/v1/room.proto"],
        [`${room}.Room.member_count`, "aetherconnect/message/v1/room.proto"],
        [`${room}.ROOM_TYPE_PUBLIC`, "aetherconnect/message/v1/room.proto"],
        ["grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"],
        ["google.protobuf.Timestamp", "google/protobuf/timestamp.proto"],
      ] as const) {
        const answer = await asked.ask({ case: "fileContainingSymbol", value: symbol });
        assert.equal(answer.case, "fileDescriptorResponse", symbol);
        const files = answer.value.fileDescriptorProto.map((it) =>
          fromBinary(FileDescriptorProtoSchema, it),
        );
        assert.ok(
          files.some((it) => it.name === file),
          symbol,
        );
      }
      const missing = await asked.ask({ case: "fileContainingSymbol", value: "no.Such" });
      assert.equal(missing.case, "errorResponse");
    });
  });
}

test("buf curl checks health by reflection", async () => {
  const url = `${platform.authRpcUrl}/grpc.health.v1.Health/Check`;
  const { stdout } = await promisify(execFile)("node_modules/.bin/buf", [
    "curl",
    "--http2-prior-knowledge",
    url,
  ]);
  assert.deepEqual(JSON.parse(stdout), { status: "SERVING" });
});

const grpcurl = foreignClient("grpcurl");
test("grpcurl lists the services and checks health", { skip: grpcurl.missing }, async () => {
  for (const [url, service] of ports) {
    const run = (command: string) => grpcurl.run(["-plaintext", new URL(url).host, command]);
    const listed = (await run("list")).stdout.split("\n");
    for (const expected of [service, "grpc.health.v1.Health"]) assert.ok(listed.includes(expected));
    const { stdout } = await run("grpc.health.v1.Health/Check");
    assert.deepEqual(JSON.parse(stdout), { status: "SERVING" });
  }
});

const evans = foreignClient("evans");
test("evans lists the services and checks health", { skip: evans.missing }, async () => {
  for (const [url, service] of ports) {
    const { hostname, port } = new URL(url);
    const run = async (...args: string[]) => {
      const options = ["--host", hostname, "--port", port, "--reflection", "cli"];
      return (await evans.run([...options, ...args], { input: "{}" })).stdout;
    };
    assert.ok((await run("list")).split("\n").includes(service));
    const health = await run("call", "grpc.health.v1.Health.Check");
    assert.deepEqual(JSON.parse(health), { status: "SERVING" });
  }
});

type Info = typeof ServerReflection.method.serverReflectionInfo;
type Question = MessageShape<Info["input"]>["messageRequest"];
type Answer = MessageShape<Info["output"]>["messageResponse"];

/** Asks one after the other in one call; both versions have the same messages. */
function openReflection(url: string, version: string) {
  const { input, output } = ServerReflection.method.serverReflectionInfo;
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes) => fromBinary(output, bytes).messageResponse,
  );
  return {
    async ask(messageRequest: Question) {
      call.write(toBinary(input, create(input, { messageRequest })));
      const [answer]: Answer[] = await once(call, "data");
      return answer ?? assert.fail("no answer");
    },
    async [Symbol.asyncDispose]() {
      call.end();
      await once(call.resume(), "end");
      client.close();
    },
  };
}
