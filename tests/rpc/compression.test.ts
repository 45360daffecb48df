import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import {
  CreateRoomRequestSchema,
  CreateRoomResponseSchema,
  RoomService,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import { ServerReflection } from "#rpc";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const bearer = { authorization: `Bearer ${user.client.cookie("accessToken")}` };
const baseUrl = platform.messageRpcUrl;
const createRoomPath = "/aetherconnect.message.v1.RoomService/CreateRoom";
const description = "a room with much to say ".repeat(10);
const createRoom = (name: string) =>
  toBinary(CreateRoomRequestSchema, {
    $typeName: "aetherconnect.message.v1.CreateRoomRequest",
    name,
    description,
    roomType: 0,
  });

const packed = { sendCompression: compressionGzip, compressMinBytes: 0 };
const transports: [string, Transport][] = [
  ["Connect on HTTP/1.1", createConnectTransport({ baseUrl, httpVersion: "1.1", ...packed })],
  ["Connect on HTTP/2", createConnectTransport({ baseUrl, httpVersion: "2", ...packed })],
  [
    "Connect JSON",
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, ...packed }),
  ],
  ["gRPC", createGrpcTransport({ baseUrl, ...packed })],
  ["gRPC-Web on HTTP/1.1", createGrpcWebTransport({ baseUrl, httpVersion: "1.1", ...packed })],
  ["gRPC-Web on HTTP/2", createGrpcWebTransport({ baseUrl, httpVersion: "2", ...packed })],
];
for (const [name, transport] of transports) {
  test(`${name}: requests may be compressed`, async () => {
    const rooms = createClient(RoomService, transport);
    const { room } = await rooms.createRoom({ name, description }, { headers: bearer });
    assert.equal(room?.description, description);
  });

  test(`${name}: 256 KiB is what a message may have when it is unpacked`, async () => {
    const rooms = createClient(RoomService, transport);
    // A JSON message has the same text and other bytes around it.
    const around = name === "Connect JSON" ? '{"roomId":""}'.length : 4;
    const call = (bytes: number) =>
      failure(rooms.getRoom({ roomId: "x".repeat(bytes - around) }, { headers: bearer }));
    assert.notEqual((await call(256 * 1024)).code, Code.ResourceExhausted);
    assert.equal((await call(256 * 1024 + 1)).code, Code.ResourceExhausted);
  });
}

test("messages of streams may be compressed", async () => {
  const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl, ...packed }));
  async function* requests() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
  }
  for await (const { messageResponse } of reflection.serverReflectionInfo(requests())) {
    assert.equal(messageResponse.case, "listServicesResponse");
  }
});

for (const [algorithm, number] of [
  ["deflate", grpc.compressionAlgorithms.deflate],
  ["gzip", grpc.compressionAlgorithms.gzip],
] as const) {
  test(`grpc-js compresses by ${algorithm}`, async () => {
    const client = new grpc.Client(new URL(baseUrl).host, grpc.credentials.createInsecure(), {
      "grpc.default_compression_algorithm": number,
    });
    const metadata = new grpc.Metadata();
    metadata.set("authorization", bearer.authorization);
    const room = await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        createRoomPath,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => fromBinary(CreateRoomResponseSchema, bytes).room,
        createRoom(algorithm),
        metadata,
        (error, response) => (error ? reject(error) : resolve(response?.description)),
      );
    });
    client.close();
    assert.equal(room, description);
  });
}

/** How each protocol carries a compressed message, and what it answers. */
const protocols = {
  Connect: async (encoding: string, body: Uint8Array) => {
    const type = "application/proto";
    const res = await post(type, { "content-encoding": encoding, "accept-encoding": "gzip" }, body);
    const answer: unknown = res.ok ? {} : await res.json();
    return answer && typeof answer === "object" && "code" in answer ? answer.code : "ok";
  },
  "Connect's stream": (encoding: string, body: Uint8Array) =>
    postFrame("application/connect+proto", { "connect-content-encoding": encoding }, body),
  "gRPC-Web": (encoding: string, body: Uint8Array) =>
    postFrame("application/grpc-web+proto", { "grpc-encoding": encoding }, body),
};

describe("what is not well compressed", () => {
  test("is refused, and not as a fault of the server's", async () => {
    const good = gzipSync(createRoom("a room"));
    for (const [encoding, body] of [
      ["gzip", good.subarray(0, -9)],
      ["gzip", Buffer.from("this is no gzip")],
      ["deflate", good],
    ] as const) {
      assert.equal(await protocols.Connect(encoding, body), "invalid_argument");
      assert.match(await protocols["gRPC-Web"](encoding, body), /grpc-status: 3\r/);
    }
  });

  test("unknown ways to compress are unimplemented, and the known ones named", async () => {
    const body = brotliCompressSync(createRoom("a room"));
    assert.equal(await protocols.Connect("br", body), "unimplemented");
    const web = await protocols["gRPC-Web"]("br", body);
    assert.match(web, /gzip%2Cdeflate/);
    assert.match(web, /grpc-status: 12\r/);
  });

  test("bombs are refused, and memory stays as it was", async () => {
    const zeros = Buffer.alloc(200 * 1024 * 1024);
    const bombs = [
      ["gzip", gzipSync(zeros)],
      ["deflate", deflateSync(zeros)],
    ] as const;
    for (const [, bomb] of bombs) assert.ok(bomb.length < 256 * 1024);
    const before = process.resourceUsage().maxRSS;
    for (const [encoding, bomb] of bombs) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, async () => ({
          connect: await protocols.Connect(encoding, bomb),
          stream: await protocols["Connect's stream"](encoding, bomb),
          web: await protocols["gRPC-Web"](encoding, bomb),
        })),
      );
      for (const { connect, stream, web } of answers) {
        assert.equal(connect, "resource_exhausted");
        assert.match(stream, /"code":"resource_exhausted"/);
        assert.match(web, /grpc-status: 8\r/);
      }
    }
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 100, `${grown} MiB more`);
  });
});

test("answers are not compressed", async () => {
  const headers = { "content-encoding": "gzip", "accept-encoding": "gzip, deflate" };
  const response = await post("application/proto", headers, gzipSync(createRoom("plain")));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-encoding"), null);
});

function frame(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(body.length, 1);
  return new Uint8Array(Buffer.concat([head, body]));
}

function post(type: string, headers: Record<string, string>, body: Uint8Array) {
  const path = type.startsWith("application/connect+")
    ? "/grpc.health.v1.Health/Watch"
    : createRoomPath;
  return fetch(baseUrl + path, {
    method: "POST",
    headers: { "content-type": type, ...bearer, ...headers },
    body: new Uint8Array(body),
  });
}

async function postFrame(type: string, headers: Record<string, string>, body: Uint8Array) {
  return (await post(type, headers, frame(body))).text();
}

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  return assert.fail("the call should have failed");
}
