import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stealKey } from "#tools/rig/forgeries/genuine-key.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { aetherPath, createAether, signIn } from "./aether.ts";

const platform = await shared(startPlatform());

describe("a session of the command line", async () => {
  const aether = await shared(createAether(platform));
  const { run, json } = aether;
  const fileOf = (profile: string) => join(aether.profiles, `${profile}.json`);
  const user = await signIn(aether, platform);

  test("is kept in a file for its owner alone, which has no password in it", async () => {
    assert.equal((await stat(fileOf("default"))).mode & 0o777, 0o600);
    assert.equal((await stat(aether.profiles)).mode & 0o777, 0o700);
    const text = await readFile(fileOf("default"), "utf8");
    assert.ok(!text.includes(user.password));
    const [profile] = await json("whoami");
    assert.equal(profile.email, user.email);
    const shown = await run(["whoami"]);
    assert.match(shown.stdout, new RegExp(`^username +${user.username}$`, "m"));
  });

  test("is begun by a password that a terminal doesn't show", {
    skip: spawnSync("script", ["--version"]).status !== 0 && "script (util-linux) isn't installed",
  }, async () => {
    const command = `${process.execPath} ${aetherPath} login ${user.username} --profile typed`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], { env: aether.env });
    const ended = once(terminal, "close");
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("Password:")) terminal.stdin.write(`${user.password}\n`);
      shown += text;
    });
    assert.deepEqual(await ended, [0, null]);
    assert.match(shown, /Signed in as/);
    assert.ok(!shown.includes(user.password));
    await run(["profiles", "remove", "--profile", "typed"]);
  });

  test("is refused where others can read it", async () => {
    await chmod(fileOf("default"), 0o644);
    const { code, stderr } = await run(["whoami"]);
    await chmod(fileOf("default"), 0o600);
    assert.equal(code, 1);
    assert.match(stderr, /can be read by others\n .*chmod 600/);
  });

  test("is begun by a username and a password of the environment too", async () => {
    const args = ["login", user.username, "--profile", "second"];
    const { code } = await run(args, { env: { AETHER_PASSWORD: user.password } });
    assert.equal(code, 0);
    const names = (await json("profiles", "list")).map((it) => [it.name, it.username]);
    assert.deepEqual(names, [
      ["default", user.username],
      ["second", user.username],
    ]);
    assert.equal((await run(["logout", "--profile", "second"])).code, 0);
    assert.equal((await run(["whoami", "--profile", "second"])).code, 1);
    assert.equal((await run(["profiles", "remove", "--profile", "second"])).code, 0);
    assert.equal((await json("profiles", "list")).length, 1);
  });

  test("is listed and ended; users are found", async () => {
    await run(["login", user.username, "--profile", "third"], { input: user.password });
    const sessions = await json("sessions", "list", "--profile", "third");
    const [current] = sessions.filter((it) => it.current);
    assert.match(current.device, /^aether\//);
    assert.equal((await run(["sessions", "end"])).code, 2);
    const [{ endedSessionIds }] = await json("sessions", "end", current.id);
    assert.deepEqual(endedSessionIds, [current.id]);
    assert.equal((await run(["whoami", "--profile", "third"])).code, 1);
    await run(["profiles", "remove", "--profile", "third"]);
    const [found] = await json("users", "find", user.username.toUpperCase());
    assert.equal(found.id, user.id);
  });

  test("goes on where its access token has expired, for commands that run together", async () => {
    const before = JSON.parse(await readFile(fileOf("default"), "utf8"));
    const accessToken = await expired(before.session.accessToken);
    const session = { ...before.session, accessToken };
    await writeFile(fileOf("default"), JSON.stringify({ ...before, session }));
    const together = await Promise.all([1, 2, 3].map(() => run(["whoami"])));
    assert.deepEqual(
      together.map((it) => [it.code, it.stderr.includes("aether:")]),
      together.map(() => [0, false]),
    );
    const after = JSON.parse(await readFile(fileOf("default"), "utf8"));
    assert.notEqual(after.session.refreshToken, before.session.refreshToken);
    assert.equal((await stat(fileOf("default"))).mode & 0o777, 0o600);
    assert.equal((await run(["whoami"])).code, 0);
  });

  test("that others have ended is said to be over, and logout forgets it", async () => {
    await user.client.post("/api/auth/logout-all");
    const { code, stderr } = await run(["whoami"]);
    assert.equal(code, 1);
    assert.match(stderr, /\(UNAUTHENTICATED\)\n {2}sign in: aether login/);
    assert.equal((await run(["logout"])).code, 0);
    const { session } = JSON.parse(await readFile(fileOf("default"), "utf8"));
    assert.equal(session, undefined);
  });
});

/** The same token, as the platform would have made it an hour ago. */
async function expired(token: string): Promise<string> {
  const [header = "", payload = ""] = token.split(".").map((it) => Buffer.from(it, "base64url"));
  const claims = JSON.parse(`${payload}`);
  const past = { ...claims, iat: claims.iat - 3600, exp: claims.exp - 3600 };
  const key = await stealKey(platform);
  return key.sign(`${header}`, JSON.stringify(past));
}
