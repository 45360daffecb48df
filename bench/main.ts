/** `npm run bench -- <scenario>`: measures the platform against baselines in the same run. */
import { availableParallelism, cpus } from "node:os";
import { readFlags } from "#tools/rig/flags.ts";
import type { Scenario } from "./measure/scenario.ts";

const scenarios: Record<string, () => Promise<Scenario>> = {
  store: async () => (await import("./scenarios/store.ts")).store,
  sends: async () => (await import("./scenarios/sends.ts")).sends,
  fanout: async () => (await import("./scenarios/fanout.ts")).fanout,
  memory: async () => (await import("./scenarios/memory.ts")).memory,
  connects: async () => (await import("./scenarios/connects.ts")).connects,
  pages: async () => (await import("./scenarios/pages.ts")).pages,
  watching: async () => (await import("./scenarios/watching.ts")).watching,
  presence: async () => (await import("./scenarios/presence.ts")).presence,
  changes: async () => (await import("./scenarios/changes.ts")).changes,
  resume: async () => (await import("./scenarios/resume.ts")).resume,
  search: async () => (await import("./scenarios/search.ts")).search,
  instances: async () => (await import("./scenarios/instances.ts")).instances,
  order: async () => (await import("./scenarios/order.ts")).order,
  rest: async () => (await import("./scenarios/rest.ts")).rest,
  lists: async () => (await import("./scenarios/lists.ts")).lists,
  rpc: async () => (await import("./scenarios/rpc.ts")).rpc,
};

const { values, positionals } = readFlags({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    against: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const rounds = Number(values.rounds);
const say = (text: string) => process.stdout.write(`${text}\n\n`);

if (values.help || positionals.length === 0) await help();
else if (!Number.isInteger(rounds) || rounds < 1) fail("--rounds must be a whole number from 1");
else await runAll(positionals.includes("all") ? Object.keys(scenarios) : positionals);

async function help(): Promise<void> {
  say(
    "Usage: npm run bench -- <scenario>… [--rounds 5] [--against <checkout>]\n\nScenarios, or `all`:",
  );
  for (const [name, load] of Object.entries(scenarios)) {
    process.stdout.write(`  ${name.padEnd(10)} ${(await load()).about}\n`);
  }
}

async function runAll(names: string[]): Promise<void> {
  const unknown = names.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined) return fail(`there is no scenario ${unknown}: see --help`);
  const [cpu] = cpus();
  say(
    `Node ${process.version}, ${availableParallelism()} × ${cpu?.model ?? "unknown CPU"}; medians ` +
      `(least–greatest) of ${rounds} rounds, alternating; ratios are medians of the rounds' ratios. ` +
      "The load comes from another process than what is measured; over sockets by a lean client " +
      "of its own (bench/measure/raw-socket.ts), which costs less than any of the servers.",
  );
  for (const name of names) {
    const scenario = await scenarios[name]?.();
    if (!scenario) continue;
    say(`## ${name}: ${scenario.about}`);
    await scenario.run({ rounds, say, against: values.against }).catch((error: unknown) => {
      fail(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    });
  }
}

function fail(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 2;
}
