import "#common/environment.ts";
import { once } from "node:events";
import { join } from "node:path";
import { inspect } from "node:util";
import { StartError } from "#common/lifecycle.ts";
import { openDataDir, readOrCreateSecret } from "./data-dir.ts";
import { runPlatform } from "./platform.ts";
import type { ServiceSpec } from "./services/service-process.ts";
import { checkSettings } from "./settings.ts";
import { createOutput, greeting, listenForStop } from "./terminal.ts";
import { startWebClient } from "./web-client/web-client.ts";

const help = `Usage: npm start          the whole platform: PostgreSQL, auth, message, gateway, web client
       npm run dev        the same, and a service restarts when its files change
       npm start -- --help

Settings are read from the environment (README.md). The data live in DATA_DIR (.data/).
`;

const root = join(import.meta.dirname, "../..");
// Where MongoDB is named, messages live there.
const stores: Record<string, ServiceSpec["store"]> = {
  auth: "DATABASE_URL",
  message: process.env.MONGODB_URI ? "MONGODB_URI" : "DATABASE_URL",
};
const services: ServiceSpec[] = ["auth", "message", "gateway"].map((name) => ({
  name,
  store: stores[name],
  entry: join(root, "services", name, "main.ts"),
  // By which it collects the garbage of its start.
  execArgv: ["--expose-gc"],
  watch: [
    join(root, "services", name),
    join(root, "services", "common"),
    join(root, "contract"),
    join(root, "gen"),
  ],
}));

const output = createOutput(process.stdout, process.stderr);
const flags = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== "--watch" && flag !== "--help");
if (unknown !== undefined) {
  output.warn(`unknown flag ${unknown}; npm start -- --help lists them`);
  process.exitCode = 1;
} else if (flags.includes("--help")) {
  process.stdout.write(help);
} else {
  process.exit(await run(flags.includes("--watch")));
}

async function run(isWatching: boolean): Promise<number> {
  const startedAt = performance.now();
  const { stop, force } = listenForStop(output.say);
  try {
    const settings = await checkSettings();
    const dataDir = openDataDir(settings.dataDir);
    const env = { ...process.env };
    if (settings.needsSecret) {
      env.SERVICE_SECRET = readOrCreateSecret(dataDir, "service-secret").value;
    }
    await using cleanup = new AsyncDisposableStack();
    const { webClient: address } = settings;
    const ending = new AbortController();
    const signal = AbortSignal.any([stop, ending.signal]);
    const starting = address && startWebClient({ address, output, isWatching, signal });
    cleanup.defer(async () => {
      ending.abort();
      await (await starting)?.[Symbol.asyncDispose]();
    });
    await using platform = await runPlatform({
      services,
      env,
      dataDir,
      postgresPort: settings.postgresPort,
      isWatching,
      output,
      signal: stop,
      force,
    });
    const [gatewayUrl = ""] = platform.urls.get("gateway") ?? [];
    const web = await starting;
    output.say(greeting(gatewayUrl, web?.url, performance.now() - startedAt));
    if (!stop.aborted) await once(stop, "abort");
  } catch (error) {
    if (!stop.aborted) {
      output.warn(error instanceof StartError ? error.message : inspect(error));
      return 1;
    }
  }
  return force.aborted ? 130 : 0;
}
