import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./root.ts";

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

function isExit(error: unknown): error is { stdout: string; stderr: string } {
  return error instanceof Error && "stdout" in error && "stderr" in error && "code" in error;
}
