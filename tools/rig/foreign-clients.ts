import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";

const cache = join(ROOT, "node_modules/.cache/clients");

/** A program in another language that tests call the platform by. */
interface ForeignClient {
  name: string;
  version: string;
  /** The command without which it can't be installed. */
  needs: string;
  /** Within its folder. */
  program: string;
  install: (folder: string, version: string) => Promise<unknown>;
}

const run = (command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env } });

export const foreignClients: readonly ForeignClient[] = [
  {
    name: "grpcurl",
    version: "1.9.4",
    needs: "go",
    program: "grpcurl",
    install: (folder, version) =>
      run("go", ["install", `github.com/fullstorydev/grpcurl/cmd/grpcurl@v${version}`], folder, {
        GOBIN: folder,
      }),
  },
  {
    name: "evans",
    version: "0.10.11",
    needs: "go",
    program: "evans",
    // It can't be installed by its name: that wants the list of its versions.
    async install(folder, version) {
      const module = "github.com/ktr0731/evans";
      await writeFile(join(folder, "go.mod"), `module evans\nrequire ${module} v${version}\n`);
      await writeFile(
        join(folder, "main.go"),
        `package main

import (
	"os"

	"${module}/app"
	"${module}/cui"
)

func main() { os.Exit(app.New(cui.New()).Run(os.Args[1:])) }
`,
      );
      await run("go", ["build", "-mod=mod", "-o", "evans", "."], folder);
    },
  },
  {
    name: "openapi-python-client",
    version: "0.29.1",
    needs: "python3",
    program: "bin/openapi-python-client",
    async install(folder, version) {
      await run("python3", ["-m", "venv", "."], folder);
      const packages = [`openapi-python-client==${version}`, "mypy==1.18.2"];
      await run("bin/pip", ["install", "--quiet", ...packages], folder);
    },
  },
];

/** Where a client's program is, and why a test that needs it is skipped. */
export function foreignClient(name: string): { path: string; missing: string | false } {
  const client = foreignClients.find((it) => it.name === name);
  if (!client) throw new Error(`no client ${name}`);
  const path = join(folderOf(client), client.program);
  return { path, missing: !existsSync(path) && `not installed: npm run clients (${client.needs})` };
}

/** Installs a client that isn't there yet; answers why it couldn't. */
export async function installed(client: ForeignClient): Promise<string | undefined> {
  const folder = folderOf(client);
  if (existsSync(join(folder, client.program))) return undefined;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await client.install(folder, client.version);
    return undefined;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    return `could not be installed: ${error instanceof Error ? error.message : error}`;
  }
}

function folderOf({ name, version }: ForeignClient): string {
  return join(cache, `${name}-${version}`);
}
