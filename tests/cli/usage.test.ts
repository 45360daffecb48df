import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { describe, test } from "node:test";
import { failuresOf } from "#contract/failures.ts";
import { ROOT } from "#contract/root.ts";
import { hasForm } from "#contract/wire/form.ts";
import { services } from "#gen/contents.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { findFreePort } from "#tools/rig/ports.ts";
import { shared } from "#tools/rig/shared.ts";
import { createAether, signIn } from "./aether.ts";

const platform = await shared(startPlatform());
const aether = await shared(createAether(platform));
const { run, json } = aether;
await signIn(aether, platform);

describe("help and exit codes", () => {
  test("without a command it explains itself, and that was wrong usage", async () => {
    const asked = await run(["--help"]);
    assert.equal(asked.code, 0);
    const commands = [...asked.stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name = ""]) => name);
    assert.ok(commands.length >= 9);
    const alone = await run([]);
    assert.equal(alone.code, 2);
    assert.equal(alone.stderr, asked.stdout);
    for (const name of commands.filter((it) => it !== "help")) {
      const { code, stdout } = await run(["help", name]);
      assert.equal(code, 0, name);
      assert.match(stdout, /Usage: aether/, name);
    }
  });

  for (const args of [
    ["nothing"],
    ["rooms", "--what"],
    ["rooms", "show"],
    ["describe", "Nothing"],
    ["call", "RoomService/GetRoom", "{"],
    ["messages", "history", "x", "--limit", "many"],
    ["whoami", "--profile", "../x"],
  ]) {
    test(`${args.join(" ")} is used wrongly: 2`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.doesNotMatch(stderr, / at .*:\d+:\d+/);
    });
  }

  test("what the platform refuses is 1, with the contract's code, as JSON too", async () => {
    const args = ["rooms", "create", " "];
    const { code, stderr } = await run(args);
    assert.equal(code, 1);
    assert.match(stderr, /^aether: .* \(VALIDATION_FAILED\)\n {2}name must not be blank\n$/);
    const { error } = JSON.parse((await run([...args, "--json"])).stderr);
    assert.equal(error.code, "VALIDATION_FAILED");
    assert.deepEqual(error.faults, [{ path: "name", message: "must not be blank" }]);
  });

  for (const [args, error] of [
    [["rooms", "show"], { kind: "usage", message: "missing required argument 'room'" }],
    [
      ["rooms", "shwo"],
      { kind: "usage", message: "unknown command 'shwo'", hint: "(Did you mean show?)" },
    ],
  ] as const) {
    test(`wrong usage stands as JSON for programs: ${args.join(" ")}`, async () => {
      const { code, stderr } = await run([...args, "--json"]);
      assert.deepEqual([code, JSON.parse(stderr)], [2, { error }]);
    });
  }

  test("a folder of profiles that isn't one is 1, in one line", async () => {
    const { code, stderr } = await run(["whoami"], { env: { XDG_CONFIG_HOME: "/dev/null" } });
    assert.equal(code, 1);
    assert.match(stderr, /^aether: ENOTDIR.*\n$/);
  });

  test("a platform that isn't there is 3", async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const env = { AETHER_AUTH_URL: url, AETHER_MESSAGE_URL: url };
    const { code, stderr } = await run(["keys", "list", "--profile", "away"], { env });
    assert.equal(code, 3);
    assert.match(stderr, /can't be reached \(ECONNREFUSED\)/);
  });

  test("what isn't a platform is 3 as well", async () => {
    const env = { AETHER_AUTH_URL: platform.gatewayUrl };
    const { code, stdout, stderr } = await run(["keys", "list", "--profile", "other"], { env });
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, /by RPC: another program is there\n {2}RPC has ports of its own/);
  });

  test("npx and an older Node start it as well", () => {
    const { PATH = "" } = process.env;
    const ofSystem = PATH.split(delimiter).filter((it) => !it.includes("node_modules"));
    const env = { ...process.env, PATH: ofSystem.join(delimiter) };
    for (const command of ["npx --no-install aether", "clients/cli/aether.cjs"]) {
      const { status, stdout } = spawnSync("sh", ["-c", `${command} --version`], {
        cwd: ROOT,
        env,
        encoding: "utf8",
      });
      assert.deepEqual([status, /^\d+\.\d+\.\d+\n$/.test(stdout)], [0, true], command);
    }
  });
});

describe("the contract, as the command line shows it", () => {
  const methods = services.flatMap((it) => it.methods);

  test("every method is listed, and described with exactly its failures", async () => {
    const listed = (await json("describe")).map((it) => it.method);
    assert.deepEqual(
      listed,
      methods.map((it) => `${it.parent.name}/${it.name}`),
    );
    for (const method of methods.filter((it) => it.parent.name === "BlockService")) {
      const [shown] = await json("describe", `${method.parent.name}/${method.name}`);
      assert.deepEqual(
        shown.fails.map((it: { code: string }) => it.code),
        [...failuresOf(method)],
      );
    }
    for (const method of methods)
      assert.ok(hasForm(method.input) && hasForm(method.output), method.name);
  });

  test("a method's rules stand in words", async () => {
    const { stdout } = await run(["describe", "MessageService/SendMessage"]);
    assert.match(stdout, /POST \/api\/rooms\/\{roomId\}\/messages/);
    assert.match(stdout, /^content \* +string +.*1 to 4000 characters/m);
    assert.match(stdout, /^NOT_IN_ROOM +403/m);
  });

  test("events are listed and described", async () => {
    const names = (await json("events")).map((it) => it.event);
    assert.ok(names.includes("new_message") && names.includes("send_message"));
    const { stdout } = await run(["events", "send_message"]);
    assert.match(stdout, /whose socket has joined the room/);
  });
});
