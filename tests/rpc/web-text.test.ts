import assert from "node:assert/strict";
import { once } from "node:events";
import { request as http1Request } from "node:http";
import { connect } from "node:http2";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CreateRoomRequestSchema,
  CreateRoomResponseSchema,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const url = new URL(platform.messageRpcUrl);
const text = "application/grpc-web-text";
const createRoom = "/aetherconnect.message.v1.RoomService/CreateRoom";
const watch = "/grpc.health.v1.Health/Watch";

interface Answer {
  status: number;
  type: string | undefined;
  /** The pieces in which the body came. */
  pieces: string[];
}
/** Sends a body in pieces; ends when the answer has `enough`, or its end. */
type Send = (
  path: string,
  headers: Record<string, string>,
  pieces: string[],
  enough?: (body: string) => boolean,
) => Promise<Answer>;

const http1: Send = async (path, headers, pieces, enough = () => false) => {
  const req = http1Request(new URL(path, url), { method: "POST", headers: headersOf(headers) });
  for (const piece of pieces) req.write(piece);
  req.end();
  const [res] = await once(req, "response");
  const read = await collect(res, enough);
  return { status: res.statusCode, type: res.headers["content-type"], pieces: read };
};

const http2: Send = async (path, headers, pieces, enough = () => false) => {
  const session = connect(url);
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    ...headersOf(headers),
  });
  for (const piece of pieces) stream.write(piece);
  stream.end();
  const [head] = await once(stream, "response");
  const read = await collect(stream, enough);
  session.destroy();
  return { status: head[":status"], type: head["content-type"], pieces: read };
};

for (const [version, send] of [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2],
] as const) {
  describe(`gRPC-Web in base64 on ${version}`, () => {
    for (const [how, pieces] of [
      ["in one piece", (body: Buffer) => [body.toString("base64")]],
      ["byte by byte", (body: Buffer) => [...body.toString("base64")]],
      ["padded wherever it was flushed", padded],
    ] as const) {
      test(`a call comes ${how}`, async () => {
        const body = frame(roomNamed(how));
        const answer = await send(createRoom, { "content-type": text }, pieces(body));
        assert.equal(answer.status, 200);
        assert.equal(answer.type, "application/grpc-web-text+proto");
        const [message, trailer] = frames(bytesOf(answer));
        assert.equal(
          fromBinary(CreateRoomResponseSchema, message ?? assert.fail()).room?.name,
          how,
        );
        assert.match(String(trailer), /grpc-status: 0\r\n/);
      });
    }

    test("the answer is text or binary as the caller accepts it", async () => {
      const body = frame(roomNamed("mixed"));
      const binary = { "content-type": `${text}+proto`, accept: "application/grpc-web+proto" };
      const answer = await send(createRoom, binary, [body.toString("base64")]);
      assert.equal(answer.type, "application/grpc-web+proto");
      const asText = { "content-type": "application/grpc-web+proto", accept: text };
      const other = await send(createRoom, asText, [body.toString("latin1")]);
      assert.equal(other.type, "application/grpc-web-text+proto");
      assert.match(bytesOf(other).toString(), /grpc-status: 0\r\n/);
    });

    test("a failure comes with its status, an unknown method as unimplemented", async () => {
      const empty = [frame(new Uint8Array()).toString("base64")];
      const failed = await send(createRoom, { "content-type": text }, empty);
      assert.match(bytesOf(failed).toString(), /grpc-status: 3\r\n/);
      const unknown = await send("/nowhere.Nothing/Do", { "content-type": text }, empty);
      assert.deepEqual([unknown.status, unknown.type], [200, text]);
    });

    test("what is no base64 is the caller's fault", async () => {
      const whole = frame(roomNamed("a room")).toString("base64");
      for (const body of ["****", "A", `${whole}A`, `=${whole}`, whole.replaceAll("A", "é")]) {
        const answer = await send(createRoom, { "content-type": text }, [body]);
        assert.match(bytesOf(answer).toString(), /grpc-status: 3\r\n/, body);
      }
    });

    test("limits count what comes out of it", async () => {
      // The head of a message that is too large, which is refused before the rest comes.
      const large = Buffer.from([0, 0, 4, 0, 1]).toString("base64");
      const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      const bomb = frame(zeros, 1).toString("base64");
      const compressed = { "content-type": text, "grpc-encoding": "gzip" };
      for (const answer of [
        await send(createRoom, { "content-type": text }, [large]),
        await send(createRoom, compressed, [bomb]),
      ]) {
        assert.match(bytesOf(answer).toString(), /grpc-status: 8\r\n/);
      }
      const small = frame(gzipSync(roomNamed("packed")), 1).toString("base64");
      const answer = await send(createRoom, compressed, [small]);
      assert.match(bytesOf(answer).toString(), /grpc-status: 0\r\n/);
    });

    test("a stream's messages come when they are there", async () => {
      const body = frame(new Uint8Array()).toString("base64");
      const serving = frame(Buffer.from([8, 1])).toString("base64");
      const isThere = (read: string) => read.includes(serving);
      const answer = await send(watch, { "content-type": text }, [body], isThere);
      assert.deepEqual(answer.pieces.join(""), serving);
    });
  });
}

function headersOf(headers: Record<string, string>) {
  return {
    ...headers,
    "x-grpc-web": "1",
    authorization: `Bearer ${user.client.cookie("accessToken")}`,
  };
}

function roomNamed(name: string): Uint8Array {
  const $typeName = "aetherconnect.message.v1.CreateRoomRequest";
  return toBinary(CreateRoomRequestSchema, { $typeName, name, roomType: 0 });
}

function frame(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function frames(bytes: Buffer): Buffer[] {
  if (bytes.length === 0) return [];
  const end = 5 + bytes.readUInt32BE(1);
  return [bytes.subarray(5, end), ...frames(bytes.subarray(end))];
}

/** Two bytes at a time, each padded, in one write. */
function padded(body: Buffer): string[] {
  const pairs = Array.from({ length: Math.ceil(body.length / 2) }, (_, i) =>
    body.subarray(2 * i, 2 * i + 2).toString("base64"),
  );
  return [pairs.join("")];
}

/** The server pads each piece by itself. */
function bytesOf({ pieces }: Answer): Buffer {
  const parts = pieces.join("").match(/[^=]+=*/g) ?? [];
  return Buffer.concat(parts.map((it) => Buffer.from(it, "base64")));
}

async function collect(
  stream: AsyncIterable<Buffer>,
  enough: (body: string) => boolean,
): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) {
    pieces.push(piece.toString("latin1"));
    if (enough(pieces.join(""))) break;
  }
  return pieces;
}
