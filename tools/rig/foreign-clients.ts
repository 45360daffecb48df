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

/** What a Python client of openapi-generator imports. */
const generatedPythonNeeds = [
  "pydantic==2.12.4",
  "python-dateutil==2.9.0.post0",
  "typing-extensions==4.15.0",
  "urllib3==2.5.0",
];

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
      const packages = [`openapi-python-client==${version}`, "ruff==0.14.5"];
      await run("bin/pip", ["install", "--quiet", ...packages], folder);
    },
  },
  {
    name: "openapi-generator",
    version: "7.26.0",
    needs: "java",
    program: "bin/openapi-generator-cli",
    async install(folder, version) {
      await run("python3", ["-m", "venv", "."], folder);
      const packages = [`openapi-generator-cli==${version}`, ...generatedPythonNeeds];
      await run("bin/pip", ["install", "--quiet", ...packages], folder);
    },
  },
  {
    name: "openapi-typescript",
    version: "7.13.0",
    needs: "npm",
    program: "node_modules/.bin/openapi-typescript",
    async install(folder, version) {
      await writeFile(join(folder, "package.json"), '{"type":"module"}');
      const packages = [
        `openapi-typescript@${version}`,
        "openapi-fetch@0.17.0",
        "typescript@5.9.3",
      ];
      await run("npm", ["install", "--no-audit", "--no-fund", ...packages], folder);
    },
  },
];

/** Where a client is, and why a test that needs it is skipped. */
export function foreignClient(name: string) {
  const client = foreignClients.find((it) => it.name === name);
  if (!client) throw new Error(`no client ${name}`);
  const folder = folderOf(client);
  const path = join(folder, client.program);
  const missing = !existsSync(path) && `not installed: npm run clients (needs ${client.needs})`;
  return { folder, path, missing };
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
