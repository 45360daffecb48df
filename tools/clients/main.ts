/**
 * `npm run clients`: installs what tests call the platform by in other languages, each where its
 * language is at hand. The first time takes minutes, later ones nothing. Fails if one can't be
 * made though its language is at hand: then the test that needs it would be skipped in silence.
 */
import { inspect } from "node:util";
import { type ForeignClient, foreignClients } from "./catalogue.ts";
import { install, isAtHand } from "./foreign-clients.ts";

const installed = "installed";
const waiting = [...foreignClients];
const outcomes = new Map<string, Promise<string>>();
await Promise.all([installAll(), installAll()]);

async function installAll(): Promise<void> {
  for (let client = waiting.shift(); client; client = waiting.shift()) {
    const outcome = outcomeOf(client);
    outcomes.set(client.name, outcome);
    process.stdout.write(`${client.name}: ${await outcome}\n`);
  }
}

async function outcomeOf(client: ForeignClient): Promise<string> {
  if (!isAtHand(client.needs)) return `skipped, there is no ${client.needs} here`;
  const startedAt = performance.now();
  const ofWhich = client.of === undefined ? installed : await outcomes.get(client.of);
  if (!ofWhich?.startsWith(installed)) return `skipped, ${client.of} isn't installed`;
  try {
    await install(client);
    return `${installed} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`;
  } catch (error) {
    process.exitCode = 1;
    return `could not be installed: ${inspect(error)}`;
  }
}
