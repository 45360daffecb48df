import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignClient } from "#tools/clients/foreign-clients.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

for (const [name, generator] of [
  ["openapi-typescript", "openapi-typescript"],
  ["openapi-python-client", "openapi-python-client"],
  ["generated-typescript", "openapi-generator's TypeScript"],
  ["generated-python", "openapi-generator's Python"],
  ["generated-go", "openapi-generator's Go"],
  ["generated-java", "openapi-generator's Java"],
  ["generated-rust", "openapi-generator's Rust"],
] as const) {
  const { missing, run } = foreignClient(name);
  test(`${generator}: registers, logs in, sends, lists, is refused`, {
    skip: missing,
  }, async () => {
    const { stdout } = await run([platform.gatewayUrl]);
    assert.equal(stdout, "1 Hello public text\n1 generated\nINVALID_CREDENTIALS\n");
  });
}

const generator = foreignClient("openapi-generator");
test("openapi-generator has a client of the document in nine languages", {
  skip: generator.missing,
}, async () => {
  const { stdout } = await generator.run([]);
  assert.equal(
    stdout.trim().replaceAll("\n", " "),
    "csharp go java kotlin php python ruby rust typescript",
  );
});

const schemathesis = foreignClient("schemathesis");

/** Each with a session of its own, for these end it. */
const ending = "^/api/auth/(logout|logout-all|password|sessions/)";

for (const [name, filter] of [
  ["what a session is needed for", ["--exclude-path-regex", ending]],
  ["what ends sessions", ["--include-path-regex", ending]],
] as const) {
  test(`schemathesis finds nothing in ${name}`, {
    skip: schemathesis.missing,
    timeout: 300_000,
  }, async () => {
    const { client } = await registerUser(platform);
    const room = { name: "Schemas", roomType: "private" };
    const { body } = await client.post("/api/rooms", room);
    const { stdout } = await schemathesis.run(
      ["run", `${platform.gatewayUrl}/openapi.json`, "--no-color", ...filter],
      { env: { ACCESS_TOKEN: client.cookie("accessToken") ?? "", ROOM_ID: body.room.id } },
    );
    assert.match(stdout, /\d+ generated, \d+ passed/);
  });
}
