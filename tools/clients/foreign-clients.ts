import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { type ForeignClient, foreignClients, type Language, languages } from "./catalogue.ts";

const document = join(ROOT, "gen/openapi.json");
/** All checkouts share it: a folder's name says all that it was made of. */
const cache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "aetherconnect/clients",
);

/** How a test runs a client, and why it is skipped where it can't. */
export function foreignClient(name: string) {
  const client = clientOf(name);
  const { command, needs } = client;
  const [program, ...first] = command;
  const cwd = folderOf(client);
  return {
    missing: !existsSync(cwd) && `not installed: npm run clients (needs ${needs})`,
    /** @throws Error with what it has printed, unless it ends well */
    run(args: string[], { env, input }: { env?: NodeJS.ProcessEnv; input?: string } = {}) {
      const running = promisify(execFile)(program, [...first, ...args], {
        cwd,
        env: { ...process.env, ...env },
      });
      running.child.stdin?.end(input);
      return running;
    },
  };
}

export function isAtHand(language: Language): boolean {
  return spawnSync("sh", ["-c", languages[language]], { stdio: "ignore" }).status === 0;
}

/** @throws Error with what the installing commands have printed */
export async function install(client: ForeignClient): Promise<void> {
  const folder = folderOf(client);
  if (existsSync(folder)) return;
  await mkdir(cache, { recursive: true });
  const half = await mkdtemp(join(cache, `${client.name}.`));
  try {
    await cp(sourceOf(client), half, { recursive: true });
    if (client.hasDocument) await copyFile(document, join(half, "openapi.json"));
    const of = client.of === undefined ? "" : folderOf(clientOf(client.of));
    await promisify(execFile)("sh", ["-euc", client.install], {
      cwd: half,
      env: { ...process.env, OF: of, ROOT },
    });
    await rename(half, folder);
    await removeOld(client);
  } catch (error) {
    await rm(half, { recursive: true });
    throw error;
  }
}

/** Else what each state of the contract has made would stay for ever. */
async function removeOld({ name }: ForeignClient): Promise<void> {
  const weekAgo = Date.now() - 7 * 24 * 60 * 60_000;
  for (const folder of globSync(`${name}[-.]*`, { cwd: cache })) {
    const path = join(cache, folder);
    if (statSync(path).mtimeMs < weekAgo) await rm(path, { recursive: true });
  }
}

function folderOf(client: ForeignClient): string {
  return join(cache, `${client.name}-${idOf(client)}`);
}

/** Changes with whatever a client is made of. */
function idOf(client: ForeignClient): string {
  const hash = createHash("sha256").update(client.install);
  if (client.of !== undefined) hash.update(idOf(clientOf(client.of)));
  if (client.hasDocument) hash.update(readFileSync(document));
  const source = sourceOf(client);
  for (const entry of globSync("**", { cwd: source, withFileTypes: true }).sort()) {
    if (entry.isFile()) hash.update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest("hex").slice(0, 12);
}

function sourceOf({ name }: ForeignClient): string {
  return join(import.meta.dirname, name);
}

function clientOf(name: string): ForeignClient {
  const client = foreignClients.find((it) => it.name === name);
  if (!client) throw new Error(`no client ${name}`);
  return client;
}
