import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Env } from "#common/settings.ts";
import { ROOT } from "#contract/root.ts";
import type { Platform } from "#tools/rig/platform.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

export const aetherPath = join(ROOT, "clients/cli/aether.cjs");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Each line of the standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  lines: any[];
}

export interface RunOptions {
  input?: string;
  env?: Env;
}

/** The command line, run as a process with a folder of profiles of its own. */
export interface Aether extends AsyncDisposable {
  /** The folder of the profiles' files. */
  profiles: string;
  env: Env;
  run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** As `run` with `--json`; fails where it doesn't end well. */
  json: (...args: string[]) => Promise<Ended["lines"]>;
}

/** @param platform that its profiles lead to */
export async function createAether(platform?: Platform): Promise<Aether> {
  const folder = await mkdtemp(join(tmpdir(), "aether-"));
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env: Env = {
    PATH,
    NODE_COMPILE_CACHE,
    XDG_CONFIG_HOME: folder,
    AETHER_AUTH_URL: platform?.authRpcUrl,
    AETHER_MESSAGE_URL: platform?.messageRpcUrl,
  };
  const run: Aether["run"] = async (args, options = {}) => {
    const child = startAether(args, { ...env, ...options.env });
    child.stdin.end(options.input ?? "");
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return {
      code,
      stdout,
      stderr,
      get lines() {
        return stdout
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line));
      },
    };
  };
  return {
    profiles: join(folder, "aether"),
    env,
    run,
    async json(...args) {
      const ended = await run([...args, "--json"]);
      if (ended.code !== 0) throw new Error(`${args.join(" ")}: ${ended.stderr}`);
      return ended.lines;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export function startAether(args: readonly string[], env: Env) {
  return spawn(process.execPath, [aetherPath, ...args], { env });
}

/** A user whose session is in the profile. */
export async function signIn(
  { run }: Pick<Aether, "run">,
  platform: Platform,
  profile = "default",
): Promise<TestUser> {
  const user = await registerUser(platform);
  const { code, stderr } = await run(["login", user.email, "--profile", profile], {
    input: `${user.password}\n`,
  });
  if (code !== 0) throw new Error(stderr);
  return user;
}

/** What a platform of a test would be set to if `npm start` had started it. */
export function settingsOf(platform: Platform): Env {
  const portOf = (url: string) => new URL(url).port;
  return {
    DATABASE_URL: platform.database.url,
    SERVICE_SECRET: platform.serviceSecret,
    API_GATEWAY_PORT: portOf(platform.gatewayUrl),
    MESSAGE_SERVICE_HTTP_PORT: portOf(platform.messageUrl),
    MESSAGE_SERVICE_GRPC_PORT: portOf(platform.messageRpcUrl),
    AUTH_SERVICE_HTTP_PORT: portOf(platform.authUrl),
    AUTH_SERVICE_GRPC_PORT: portOf(platform.authRpcUrl),
  };
}
