/**
 * `npm run clients`: installs what tests call the platform by in other languages, each where its
 * language is at hand. The first time takes minutes, later ones nothing.
 */
import { foreignClients, installed } from "#tools/rig/foreign-clients.ts";

for (const client of foreignClients) {
  const startedAt = performance.now();
  const fault = await installed(client);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${client.name}: ${fault ?? `installed (${seconds} s)`}\n`);
}
