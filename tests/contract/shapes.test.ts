import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { BufError, runBuf } from "#contract/buf.ts";
import { buildImage, readImage } from "#contract/compare/image.ts";
import { openapi } from "#contract/documents/openapi.ts";
import { readEvents } from "#contract/events.ts";
import { copyPolls } from "../fixtures/polls.ts";

const root = join(import.meta.dirname, "../..");
const fixture = "proto/fixture/v1/fixture.proto";
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "aetherconnect-shapes-"));
  await copyPolls(folder);
  const config = await readFile(join(root, "buf.gen.yaml"), "utf8");
  const absolute = config.replaceAll(/"(?=node_modules|contract)/g, () => `"${root}/`);
  await writeFile(join(folder, "buf.gen.yaml"), absolute);
});
after(() => rm(folder, { recursive: true }));

const generated = async (name: string) => readFile(join(folder, "gen", name), "utf8");

test("lists, messages, times and PATCH are in the types and in both documents", async () => {
  await runBuf(folder, ["generate"]);
  const types = await generated("socket-events.ts");
  const payload = /interface CreatePollRequestIn \{([\s\S]*?)\n\}/.exec(types)?.[1] ?? "";
  const lines = payload.split("\n").filter((line) => /^ {2}\w/.test(line));
  assert.deepEqual(
    lines.map((line) => line.trim()),
    [
      "roomId: string;",
      "question: string;",
      'style?: "single" | "several" | null;',
      "choices?: ChoiceIn[] | null;",
      "sizes?: number[] | null;",
      'styles?: ("single" | "several")[] | null;',
      "look?: LookIn | null;",
      "closesAt?: string | null;",
    ],
  );
  assert.match(types, /create_poll: \{[^}]*method: PollService\.method\.createPoll,\n/);

  const document = JSON.parse(await generated("openapi.json"));
  const valid = await new Validator().validate(structuredClone(document));
  assert.equal(valid.valid, true, JSON.stringify(valid));
  const update = document.paths["/api/rooms/{roomId}/polls/{number}"].patch;
  assert.deepEqual(
    update.parameters.map((it: { name: string; in: string }) => `${it.in} ${it.name}`),
    ["path roomId", "path number"],
  );
  const [, numbers] = document.paths["/api/rooms/{roomId}/polls"].get.parameters;
  assert.deepEqual(numbers.schema, {
    type: "array",
    items: { type: "integer", format: "int64", minimum: 1, maximum: 0xffff_ffff },
  });
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, "openapi");
  const accepts = ajv.compile({ $ref: "openapi#/components/schemas/CreatePollRequest" });
  const poll = { question: "Tea?", choices: [{ text: "yes", tags: ["hot"], look: null }] };
  assert.ok(accepts(poll), JSON.stringify(accepts.errors));
  assert.ok(!accepts({ ...poll, choices: [{ text: "yes", tags: ["much too long"] }] }));
  assert.ok(!accepts({ ...poll, choices: [{ tags: [] }] }));
  assert.ok(!accepts({ ...poll, choices: Array(5).fill({ text: "a" }) }));
  assert.ok(!accepts({ ...poll, sizes: [0] }));
  // What is sent back has every field, which a request may leave out.
  const answers = ajv.compile({ $ref: "openapi#/components/schemas/Choice" });
  assert.ok(!answers({ text: "yes" }));
  assert.ok(answers({ text: "yes", tags: [], look: { bold: false, weight: 0 }, more: [] }));

  const asyncapi = await generated("asyncapi.json");
  const found = await new Parser().validate(asyncapi);
  assert.deepEqual(
    found.filter((it) => it.code !== "asyncapi-latest-version"),
    [],
  );
  assert.ok(JSON.parse(asyncapi).operations.onCreatePollRequest["x-ack"]);
});

for (const [what, from, to, fault] of [
  ["a message in a query", "repeated PollStyle styles = 3;", "Look look = 3;", /look in a query/],
  ["a list in a path", "polls/{number}", "polls/{choices}", /choices in its path/],
  ["a path of an unknown field", "polls/{number}", "polls/{nr}", /names no field nr/],
  ["an event of a room without one", "string room_id = 1", "string place = 1", /must_join needs/],
  [
    "an unknown acknowledgement",
    '"fixture.v1.CreatePollResponse"',
    '"fixture.v1.X"',
    /no such ack/,
  ],
  ["an event for anyone", "ACCESS_USER", "ACCESS_ANYONE", /send events as users alone/],
  ["an event that says nobody", "access: ACCESS_USER\n    ack", "ack", /needs an access/],
  ["a map", "repeated uint32 sizes = 5", "map<string, uint32> sizes = 5; //", /no wire form/],
] as const) {
  test(`${what} is refused`, async () => {
    const start = what.includes("event") ? "message CreatePollRequest" : "";
    await using _edited = await edit(start, from, to);
    const registry = readImage(await buildImage(folder));
    const files = [...registry.files];
    assert.throws(() => {
      readEvents(files);
      openapi(files.flatMap((it) => it.services));
    }, fault);
  });
}

test("what is refused fails the generation, with its reason", async () => {
  await using _edited = await edit("", "polls/{number}", "polls/{nr}");
  await assert.rejects(
    runBuf(folder, ["generate"]),
    (error) => error instanceof BufError && /names no field nr/.test(error.output),
  );
});

/** Replaces a text of the fixture, the first after another, until it is disposed. */
async function edit(after: string, from: string, to: string): Promise<AsyncDisposable> {
  const path = join(folder, fixture);
  const text = await readFile(path, "utf8");
  const start = text.indexOf(after);
  assert.ok(text.includes(from, start), "the fixture has no such text any more");
  await writeFile(path, text.slice(0, start) + text.slice(start).replace(from, () => to));
  return { [Symbol.asyncDispose]: () => writeFile(path, text) };
}
