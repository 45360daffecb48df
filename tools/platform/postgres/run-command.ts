import { type SpawnOptionsWithoutStdio, spawn } from "node:child_process";

export type Ended = Readonly<{ code: number | null; stdout: string; stderr: string }>;

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
    // A command that ends without reading its input must not end us.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
