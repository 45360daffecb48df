import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "#common/lifecycle.ts";
import { errorCode, withRegularFile } from "../files.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { runCommand, type ServerUser, serverPath, serverSpawnOptions } from "./server-user.ts";

/** The superuser and the database, both made with the cluster. */
export const databaseName = "aetherconnect";

const draftPrefix = "postgres.new-";
const removeTries = 5;
const hbaRules = "host all all 127.0.0.1/32 scram-sha-256\n";

export interface ClusterOptions {
  dataDir: string;
  clusterDir: string;
  binaries: PostgresBinaries;
  user: ServerUser | undefined;
  password: { value: string; isNew: boolean };
  isFast: boolean;
  signal: AbortSignal;
}

/** Makes the cluster unless it is there; refuses data of another user or version. */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { clusterDir, binaries, user, password } = options;
  await removeDrafts(options.dataDir);
  if (!existsSync(clusterDir)) return createCluster(options);

  checkVersion(clusterDir, binaries.major);
  await checkOwner(clusterDir, user);
  if (password.isNew) await runSql(options, clusterDir, setPassword(password.value));
}

async function createCluster(options: ClusterOptions): Promise<void> {
  const { dataDir, clusterDir, binaries, user, isFast, signal } = options;
  const draft = mkdtempSync(join(dataDir, draftPrefix));
  try {
    if (user !== undefined) chownSync(draft, user.uid, user.gid);
    const initdb = await runCommand(
      binaries.initdb,
      [
        `--pgdata=${serverPath(draft, user)}`,
        `--username=${databaseName}`,
        // Trust ends with hbaRules below, before the server ever listens.
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        ...(isFast ? ["--no-sync"] : []),
      ],
      { ...serverSpawnOptions(draft, user), signal },
    );
    signal.throwIfAborted();
    if (initdb.code !== 0) throw failed("initdb", initdb.stderr);
    await runSql(
      options,
      draft,
      `${setPassword(options.password.value)}CREATE DATABASE ${databaseName};\n\n`,
    );
    signal.throwIfAborted();
    withRegularFile(join(draft, "pg_hba.conf"), "write", (file) => file.write(hbaRules));
    // Only a finished cluster gets the name, so an interrupted start leaves nothing half made.
    renameSync(draft, clusterDir);
    syncFolder(dataDir);
  } catch (error) {
    await removeDraft(draft);
    if (error instanceof StartError || signal.aborted) throw error;
    throw new StartError(`PostgreSQL's data can't be made in ${dataDir} (${errorCode(error)})`);
  }
}

async function removeDrafts(dataDir: string): Promise<void> {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(draftPrefix)) await removeDraft(join(dataDir, name));
  }
}

async function removeDraft(draft: string): Promise<void> {
  const { uid, gid } = lstatSync(draft);
  if (uid === 0 || process.getuid?.() !== 0) {
    return rmSync(draft, { recursive: true, force: true, maxRetries: removeTries });
  }
  // Emptied as the server's user, so that a link in it can't make root remove something else.
  const owner = serverSpawnOptions(draft, { uid, gid });
  for (let tries = 1; tries <= removeTries; tries++) {
    const { code } = await runCommand("find", [".", "-mindepth", "1", "-delete"], owner);
    if (code === 0) return rmdirSync(draft);
    // What an interrupted initdb has started may still be writing.
    await sleep(100 * tries);
  }
}

function checkVersion(clusterDir: string, major: string): void {
  let found: string;
  try {
    const path = join(clusterDir, "PG_VERSION");
    found = withRegularFile(path, "read", (file) => file.read()).trim();
  } catch (error) {
    const isForeign = errorCode(error) === "EACCES";
    throw new StartError(
      isForeign
        ? `${clusterDir} belongs to another user; start as that user, or set DATA_DIR`
        : `${clusterDir} holds no PostgreSQL data; move it away, or set DATA_DIR`,
    );
  }
  if (found === major) return;
  throw new StartError(
    `${clusterDir} was made by PostgreSQL ${found}, but this release runs ${major}: move the ` +
      `folder away, start, and restore a dump taken with PostgreSQL ${found}`,
  );
}

async function checkOwner(clusterDir: string, user: ServerUser | undefined): Promise<void> {
  const { uid } = statSync(clusterDir);
  if (user === undefined && uid !== process.getuid?.()) {
    throw new StartError(
      `${clusterDir} belongs to another user (id ${uid}); start as that user, or set DATA_DIR`,
    );
  }
  if (user === undefined || uid === user.uid) return;
  // Owned by root, as after a backup was restored, or by nobody: it is given to the server's user,
  // but not what its links lead to.
  const chown = await runCommand("chown", ["-hR", `${user.uid}:${user.gid}`, clusterDir], {});
  if (chown.code !== 0) throw failed("chown", chown.stderr);
}

function setPassword(password: string): string {
  return `ALTER ROLE ${databaseName} PASSWORD '${password}';\n\n`;
}

async function runSql(
  { binaries, user, isFast, signal }: ClusterOptions,
  dir: string,
  sql: string,
): Promise<void> {
  const fast = isFast ? ["-F"] : [];
  const { code, stderr } = await runCommand(
    binaries.postgres,
    ["--single", "-j", ...fast, "-D", serverPath(dir, user), "postgres"],
    { ...serverSpawnOptions(dir, user), signal },
    sql,
  );
  // A statement that fails doesn't end the single-user server, nor change its exit code.
  if (code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(stderr)) throw failed("PostgreSQL", stderr);
}

function failed(program: string, stderr: string): StartError {
  const [, nameless] = /could not look up effective user ID (\d+)/.exec(stderr) ?? [];
  if (nameless !== undefined) {
    return new StartError(
      `PostgreSQL can't make its data as a user without a name, and none has the id ${nameless}: ` +
        "give the id a line in /etc/passwd, start as a user who has one, or set DATABASE_URL",
    );
  }
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const reason = lines.find((line) => /error:|ERROR:|FATAL:|PANIC:/.test(line)) ?? lines.at(-1);
  const advice = /No space left|Check free disk space/i.test(stderr)
    ? "make room and start again"
    : "set DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL that runs";
  return new StartError(
    `PostgreSQL's data can't be prepared (${reason ?? `${program} was ended`}); ${advice}`,
  );
}

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}
