import { once } from "node:events";
import { connect } from "node:net";
import type { Target } from "../operator/target.ts";
import { type Finding, problem, reasonOf } from "./finding.ts";

const timeoutMs = 3_000;

/** That nothing of the platform runs, which is one finding and not one for each port. */
export async function absence(target: Target): Promise<Finding | undefined> {
  const urls = portsOf(target);
  const found = await Promise.all(urls.map(isListening));
  if (found.includes(true)) return undefined;
  const hosts = [...new Set(urls.map((it) => new URL(it).host))].join(", ");
  const todo =
    "start it: npm start, or docker compose up -d; if it runs, set its ports and addresses here as they are there (API_GATEWAY_PORT …)";
  return problem("platform", `isn't running: nothing listens at ${hosts}`, todo);
}

/** PostgreSQL belongs to it where npm start runs that too. */
function portsOf(target: Target): string[] {
  const { gatewayUrl, authHttpUrl, authRpcUrl, messageHttpUrls, messageRpcUrls } = target;
  const own = target.isEmbedded ? [target.databaseUrl] : [];
  return [gatewayUrl, authHttpUrl, authRpcUrl, ...messageHttpUrls, ...messageRpcUrls, ...own];
}

/** Whatever isn't a plain refusal is something to say of that port. */
async function isListening(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (protocol === "https:" ? 443 : 80),
    timeout: timeoutMs,
  });
  socket.on("timeout", () => socket.destroy(new Error("no answer")));
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return reasonOf(error) !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
