import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { StartError } from "#common/lifecycle.ts";
import { ROOT } from "#contract/root.ts";

const run = promisify(execFile);
const builds = join(ROOT, "node_modules/.cache/web-client");

/**
 * Answers the folder of the built web client. It is built when its sources have changed since the
 * last time. @throws StartError where that can't be done
 */
export async function buildWebClient(say: (line: string) => void): Promise<string> {
  const built = join(builds, hashOfSources());
  if (existsSync(built)) return built;
  say("builds the web client, once for these sources");
  await mkdir(builds, { recursive: true });
  const folder = await mkdtemp(join(builds, "building-"));
  try {
    // A process of its own gives back the memory that a build takes.
    await run(process.execPath, [viteBin(), "build", "clients/web", "--outDir", folder], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: "production" },
    });
    await rename(folder, built);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    // Another process may have built the same meanwhile.
    if (!existsSync(built)) throw new StartError(`the build failed: ${reasonOf(error)}`);
  }
  await removeOthers(built);
  return built;
}

/** Makes what the gateway serves as /sdk.js. @throws StartError where that can't be done */
export async function bundleSdk(): Promise<void> {
  try {
    await run(process.execPath, ["clients/sdk/bundle.ts"], { cwd: ROOT });
  } catch (error) {
    throw new StartError(`the client package can't be bundled: ${reasonOf(error)}`);
  }
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  const files = globSync(
    ["clients/{web,sdk}/**/*.{ts,tsx,css,html,svg,json}", "contract/RELEASED", "package-lock.json"],
    {
      cwd: ROOT,
      exclude: ["**/node_modules/**", "**/dist/**"],
    },
  );
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex").slice(0, 16);
}

function viteBin(): string {
  try {
    const manifest = createRequire(join(ROOT, "clients/web/")).resolve("vite/package.json");
    return join(dirname(manifest), "bin/vite.js");
  } catch {
    throw new StartError(
      "the web client needs Vite to be built: npm ci, with development packages",
    );
  }
}

async function removeOthers(built: string): Promise<void> {
  for (const name of await readdir(builds)) {
    const folder = join(builds, name);
    const isOld = folder !== built && !name.startsWith("building-");
    if (isOld) await rm(folder, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "stderr" in error && error.stderr)
    return String(error.stderr).trim();
  return error instanceof Error ? error.message : String(error);
}
