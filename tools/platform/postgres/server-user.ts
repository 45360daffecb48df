import { type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { StartError } from "#common/lifecycle.ts";

export interface ServerUser {
  uid: number;
  gid: number;
}

/** The user that PostgreSQL runs as: undefined for this one, another without rights for root. */
export function serverUserFor(clusterDir: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== "linux") {
    throw new StartError("npm start can't run as root here; start it as a normal user");
  }
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  const isOwned = owner !== undefined && owner.uid !== 0 && owner.uid !== findUser("nobody")?.uid;
  if (isOwned) return { uid: owner.uid, gid: owner.gid };
  // Not nobody: whatever else has no rights on this machine runs as nobody too, and could read the
  // data. Not an id without a name: initdb refuses it. Games is an account of every base system
  // (and of containers that know no postgres) under which nothing runs that listens.
  const user = findUser("postgres") ?? findUser("games");
  if (user !== undefined) return user;
  throw new StartError(
    "PostgreSQL doesn't run as root, and there is no user postgres: make one " +
      "(useradd --system postgres), start as a normal user, or set DATABASE_URL",
  );
}

function findUser(name: string): ServerUser | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * How a PostgreSQL program finds the folder that it is started in. Another user may be unable to
 * walk down to it (DATA_DIR is 0700, the checkout may lie in /root), but being set down there
 * before the user changes, it can name the place without the walk.
 */
export function serverPath(dir: string, user: ServerUser | undefined): string {
  return user === undefined ? dir : "/proc/self/cwd";
}

/** Options for a PostgreSQL program: nothing of this environment (PGPORT, LC_ALL …) reaches it. */
export function serverSpawnOptions(dir: string, user: ServerUser | undefined) {
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  return { cwd: dir, env, detached: true, ...user };
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end; a command that can't be started ends with code null. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio,
  input = "",
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => resolve({ code: null, stdout, stderr: `${stderr}${error}` }));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    // A command may end without reading its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
