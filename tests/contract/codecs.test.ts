import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { answerOf, envelopeOf, envelopeParts } from "#contract/rest/envelope.ts";
import { type RestRoute, restRoutes } from "#contract/rest/routes.ts";
import { encoderOf } from "#contract/wire/encoder.ts";
import { type FieldForm, formOf } from "#contract/wire/form.ts";
import { rewriterOf } from "#contract/wire/rewriter.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { createRandom } from "#tools/prove/random.ts";
import { loadPolls } from "../fixtures/polls.ts";

const messagesOfEach = 200;
const random = createRandom(12);

const { service: polls } = await loadPolls();
const services = [AuthService, RoomService, MessageService, BlockService, polls];

test("what handlers answer is encoded byte for byte as protobuf's own encoder does it", () => {
  const outputs = services.flatMap((it) => it.methods).map((method) => method.output);
  for (const desc of outputs) {
    const encode = encoderOf(desc);
    for (let i = 0; i < messagesOfEach; i++) {
      const message = randomMessage(desc);
      assert.deepEqual(Buffer.from(encode(message)), plainBytes(desc, message), desc.typeName);
    }
  }
});

for (const route of restRoutes(services)) {
  const { output } = route.method;
  test(`${route.method.name}: the bytes become the answer that the plain writer makes`, () => {
    const rewrite = rewriterOf(output, envelopeParts(route.method, route.rest));
    assert.ok(rewrite, "has no compiled way");
    for (let i = 0; i < messagesOfEach; i++) {
      const bytes = plainBytes(output, randomMessage(output));
      assert.ok(rewrite(bytes, Buffer.from('{"success":true')), "declines what is in order");
      assertSame(route, bytes);
    }
  });
}

test("what is not as our services write it is answered as protobuf's own decoder reads it", () => {
  const [route] = restRoutes([MessageService]);
  assert.ok(route);
  const { output } = route.method;
  for (let i = 0; i < 20; i++) {
    const bytes = plainBytes(output, randomMessage(output));
    const other = plainBytes(output, randomMessage(output));
    // A field twice, a message in two parts.
    assertSame(route, Buffer.concat([bytes, other]));
    // Fields of a newer build: a number, eight bytes, a text, each at another place.
    for (const unknown of ["a80607", "a9060102030405060708", "aa0602c3a4"]) {
      assertSame(route, Buffer.concat([Buffer.from(unknown, "hex"), bytes]));
      assertSame(route, Buffer.concat([bytes, Buffer.from(unknown, "hex")]));
    }
    for (let j = 0; j < 200; j++) {
      const broken = Buffer.from(bytes);
      broken[Math.floor(random.between(0, bytes.length))] = Math.floor(random.between(0, 256));
      assertSame(route, broken);
      assertSame(route, bytes.subarray(0, Math.floor(random.between(0, bytes.length))));
    }
  }
});

/** The compiled answer is the plain one, or both fail. */
function assertSame(route: RestRoute, bytes: Uint8Array): void {
  const { output } = route.method;
  const plain = outcomeOf(() => envelopeOf(route)(fromBinary(output, bytes)));
  const compiled = outcomeOf(() => answerOf(route)(bytes));
  assert.equal(compiled?.status, plain?.status);
  if (!compiled || !plain) return;
  const text = Buffer.from(compiled.body).toString();
  if (text === JSON.stringify(plain.body)) return;
  // The order of keys that are numbers, and keys that come twice, are lost in an object.
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(plain.body)));
}

function outcomeOf<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function plainBytes(desc: DescMessage, message: Message & Record<string, unknown>): Buffer {
  return Buffer.from(toBinary(desc, create(desc, message)));
}

/** What a handler may answer: any field may be missing, and what is nested is plain. */
function randomMessage(desc: DescMessage, depth = 0): Message & Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of formOf(desc).fields) {
    if (random.next() < 0.2 || (depth > 3 && field.value.kind === "message")) continue;
    values[field.local] = field.isList
      ? Array.from({ length: random.pick([0, 1, 2, 5]) }, () => randomValue(field, depth))
      : randomValue(field, depth);
  }
  return create(desc, values);
}

function randomValue({ value: form, isList }: FieldForm, depth: number): unknown {
  switch (form.kind) {
    case "string":
      return randomText();
    case "boolean":
      return random.next() < 0.5;
    case "integer":
      return random.pick([0, 1, 127, 128, 16_383, 16_384, 2_097_152, form.maximum]);
    case "number":
      return randomNumber();
    case "time":
      return {
        seconds: BigInt(random.pick([0, 1, Math.floor(random.between(0, 253_402_300_799))])),
        nanos: random.pick([0, 1, 999_999, 1_000_000, 12_000_000, 999_999_999]),
      };
    case "object":
      return randomObject(3);
    case "enum":
      return random.pick([...(isList ? [] : [0]), ...form.names.keys()]);
    case "message":
      return randomMessage(form.form.desc, depth + 1);
  }
}

function randomText(): string {
  const length = random.pick([0, 1, 24, 47, 48, 49, 127, 128, 300]);
  const alphabet = random.pick(["abcXYZ 019", 'a"\\/\b\f\n\r\t\u001f\u007f', "aä€😀\u2028\ufeff"]);
  return Array.from({ length }, () => random.pick([...alphabet])).join("");
}

function randomNumber(): number {
  return random.pick([0, -0, 1, -1, 0.1, 1e21, 1e-7, Number.MAX_VALUE, 2 ** 53]);
}

function randomObject(depth: number): Record<string, unknown> {
  const keys = Array.from({ length: random.pick([0, 1, 3]) }, randomText);
  return Object.fromEntries(keys.map((key) => [key, randomJson(depth - 1)]));
}

function randomJson(depth: number): unknown {
  const makers = [() => null, () => random.next() < 0.5, randomNumber, randomText];
  const nested = [
    () => randomObject(depth),
    () => Array.from({ length: random.pick([0, 1, 3]) }, () => randomJson(depth - 1)),
  ];
  return random.pick(depth > 0 ? [...makers, ...nested] : makers)();
}
