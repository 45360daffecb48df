import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../root.ts";

/** buf ended with an exit code other than 0; `output` is what it printed. */
export class BufError extends Error {
  override name = "BufError";
  readonly output: string;

  constructor(command: string, output: string) {
    super(`buf ${command} failed:\n${output}`);
    this.output = output;
  }
}

/** Runs the buf of this package in a folder and answers its output. @throws BufError */
export async function runBuf(folder: string, args: readonly string[]): Promise<string> {
  try {
    const buf = join(ROOT, "node_modules/.bin/buf");
    const { stdout } = await promisify(execFile)(buf, args, {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if (!isExit(error)) throw error;
    throw new BufError(args[0] ?? "", `${error.stdout}${error.stderr}`.trim());
  }
}

/** Generates anew into a temporary folder; answers what differs from `gen/`, a line each. */
export async function compareGenerated(root: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "aetherconnect-gen-"));
  try {
    await runBuf(root, ["generate", "--output", folder]);
    const { documents } = await import("./documents.ts");
    const expected = new Map([...(await readTree(join(folder, "gen"))), ...documents()]);
    const found = await readTree(join(root, "gen"));
    return [...new Set([...expected.keys(), ...found.keys()])].sort().flatMap((name) => {
      if (!found.has(name)) return [`${name} is missing`];
      if (!expected.has(name)) return [`${name} is of nothing in proto/`];
      return found.get(name) === expected.get(name) ? [] : [`${name} differs`];
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readTree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return new Map(files.map((file, i) => [file.slice(folder.length + 1), texts[i] ?? ""]));
}

function isExit(error: unknown): error is { stdout: string; stderr: string } {
  return error instanceof Error && "stdout" in error && "stderr" in error && "code" in error;
}
