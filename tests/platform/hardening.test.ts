import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDataDir, readOrCreateSecret } from "#tools/platform/data-dir.ts";
import { withRegularFile } from "#tools/platform/files.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { endLeftOver } from "#tools/platform/postgres/postmaster-pid.ts";
import { shared } from "#tools/rig/shared.ts";
import { createCluster, query, temporaryFolder } from "./clusters.ts";

const isRoot = process.getuid?.() === 0;
const asRoot = { skip: !isRoot && "needs root" };
const nobody = 65_534;
const ignore = () => {};
const makePipe = (path: string) => execFileSync("sh", ["-c", 'mkfifo -m 600 "$0"', path]);

const cluster = await shared(createCluster());

test("a pid file that is a link, a second name or a pipe is neither followed nor waited for", async () => {
  using folder = temporaryFolder();
  const clusterDir = join(folder.path, "postgres");
  mkdirSync(clusterDir);
  const pidFile = join(clusterDir, "postmaster.pid");
  const victim = join(folder.path, "victim");
  // A pid that lives and is no postmaster: the line would be replaced by ours.
  const text = `${process.ppid}\nnot yours\n`;
  writeFileSync(victim, text);

  symlinkSync(victim, pidFile);
  await endLeftOver(clusterDir, ignore);
  assert.equal(readFileSync(victim, "utf8"), text);

  rmSync(pidFile);
  linkSync(victim, pidFile);
  await assert.rejects(endLeftOver(clusterDir, ignore), {
    name: "StartError",
    message: new RegExp(`^${pidFile} isn't as PostgreSQL left it`),
  });
  assert.equal(readFileSync(victim, "utf8"), text);

  rmSync(pidFile);
  makePipe(pidFile);
  await endLeftOver(clusterDir, ignore);

  rmSync(pidFile);
  writeFileSync(pidFile, text);
  await endLeftOver(clusterDir, ignore);
  assert.equal(readFileSync(pidFile, "utf8"), `${process.pid}\nnot yours\n`);
});

test("a regular file keeps owner and mode when it is written, and nothing else is opened", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "file");
  writeFileSync(file, "a long text", { mode: 0o640 });
  withRegularFile(file, "write", ({ read, write }) => write(read().slice(0, 3)));
  assert.equal(readFileSync(file, "utf8"), "a l");
  assert.equal(statSync(file).mode & 0o777, 0o640);
  const link = join(folder.path, "link");
  symlinkSync(file, link);
  assert.throws(() => withRegularFile(link, "read", ({ read }) => read()), { code: "ELOOP" });
  assert.throws(() => withRegularFile(folder.path, "read", ({ read }) => read()), /no regular/);
});

test("a DATA_DIR that others may write to is refused, with what to do", () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, "shared");
  mkdirSync(dataDir);
  for (const mode of [0o777, 0o1777, 0o770]) {
    chmodSync(dataDir, mode);
    writeFileSync(join(dataDir, "service-secret"), "planted by somebody", { mode: 0o600 });
    assert.throws(() => openDataDir(dataDir), {
      name: "StartError",
      message:
        `DATA_DIR ${dataDir} may be written to by others (mode ${mode.toString(8)}); look what is ` +
        `in it and run chmod go-w ${dataDir}, or set DATA_DIR to another folder`,
    });
  }
  chmodSync(dataDir, 0o755);
  assert.equal(openDataDir(dataDir), dataDir);
});

test("a DATA_DIR of another user's is refused", asRoot, () => {
  using folder = temporaryFolder();
  chownSync(folder.path, nobody, nobody);
  assert.throws(() => openDataDir(folder.path), {
    name: "StartError",
    message: `DATA_DIR ${folder.path} belongs to another user (id ${nobody}); start as that user, or set DATA_DIR to another folder`,
  });
});

test("a secret is made once, and refused when it isn't ours alone", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "secret");
  const { value, isNew } = readOrCreateSecret(folder.path, "secret");
  assert.equal(isNew, true);
  assert.deepEqual(readOrCreateSecret(folder.path, "secret"), { value, isNew: false });
  const refused = { name: "StartError", message: new RegExp(`^${path} `) };
  const read = () => readOrCreateSecret(folder.path, "secret");

  chmodSync(path, 0o644);
  assert.throws(read, refused);
  chmodSync(path, 0o600);
  if (isRoot) {
    chownSync(path, nobody, nobody);
    assert.throws(read, refused);
  }
  rmSync(path);
  const planted = join(folder.path, "planted");
  writeFileSync(planted, "planted by somebody", { mode: 0o600 });
  symlinkSync(planted, path);
  assert.throws(read, refused);
  rmSync(path);
  makePipe(path);
  assert.throws(read, refused);
});

test(
  "data of nobody's get an owner; what a link in them leads to keeps its own",
  asRoot,
  async () => {
    const { dataDir } = cluster;
    const clusterDir = join(dataDir, "postgres");
    const victim = join(dataDir, "victim");
    writeFileSync(victim, "root's");
    execFileSync("chown", ["-hR", `${nobody}:${nobody}`, clusterDir]);
    symlinkSync(victim, join(clusterDir, "link"));
    {
      await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
      assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
    }
    rmSync(join(clusterDir, "link"));
    assert.ok(![0, nobody].includes(statSync(clusterDir).uid));
    assert.equal(statSync(join(clusterDir, "PG_VERSION")).uid, statSync(clusterDir).uid);
    assert.equal(lstatSync(victim).uid, 0);
  },
);

test("what an interrupted start left is removed by whom it belongs to", asRoot, async () => {
  const { dataDir } = cluster;
  const draft = join(dataDir, "postgres.new-killed");
  mkdirSync(join(draft, "base"), { recursive: true });
  writeFileSync(join(draft, "base", "1"), "");
  symlinkSync(dataDir, join(draft, "link"));
  const { uid, gid } = statSync(join(dataDir, "postgres"));
  execFileSync("chown", ["-hR", `${uid}:${gid}`, draft]);
  await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
  assert.equal(lstatSync(draft, { throwIfNoEntry: false }), undefined);
  assert.deepEqual(await query(postgres.url, "select 1"), [[1]]);
});
