import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import { text } from "node:stream/consumers";
import { budgets } from "#common/budgets.ts";
import { instanceOf } from "#common/http/headers.ts";
import type { Reach } from "#common/http/operations.ts";
import { socketsPath } from "#common/http/server.ts";

/** For a connection that nothing uses. */
const idleMs = 5_000;

type Sender = (options: RequestOptions) => ClientRequest;

/** The message instances, as their Socket.IO is reached. */
export interface Instances {
  /** Begins a request to each. What it begins with may make it throw. */
  senders: readonly Sender[];
  /** Which to try: the session's own, or for a new session each once, the next one first. */
  candidates: (req: IncomingMessage) => number[];
  /** Whether Socket.IO answers, asked as everything is that is passed on. */
  reach: () => Promise<Reach>;
}

/** @param targets their base URLs */
export function createInstances(targets: readonly string[]): Instances {
  const senders = targets.map(senderTo);
  let sessions = 0;
  return {
    senders,
    candidates(req) {
      const sessionId = sessionIdOf(req);
      if (sessionId !== null) return [instanceOf(sessionId) ?? 0];
      const first = sessions++;
      return targets.map((_, i) => (first + i) % targets.length);
    },
    async reach() {
      const answers = await Promise.all(senders.map((send) => isSocketIo(send)));
      return answers.every(Boolean) || (answers.some(Boolean) && "partly");
    },
  };
}

export function sessionIdOf({ url = "" }: IncomingMessage): string | null {
  return new URLSearchParams(url.split("?")[1]).get("sid");
}

/** Sends requests to a base URL, by an agent of its own: Node's would take `HTTP_PROXY` for ours. */
function senderTo(target: string): Sender {
  const url = new URL(target);
  const { Agent, request } = url.protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: idleMs, scheduling: "lifo" });
  // Node would look in the client's `Host` for the name that a certificate has to have.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const servername = isIP(host) === 0 ? host : "";
  return (options) => request(url, { ...options, agent, servername });
}

/** Asks for a session that there can't be: of all servers only Socket.IO's says just that. */
async function isSocketIo(send: Sender): Promise<boolean> {
  const answered = Promise.withResolvers<IncomingMessage>();
  try {
    const asked = send({ path: `${socketsPath}?EIO=4&transport=polling&sid=-` });
    const signal = AbortSignal.timeout(budgets.health.ping);
    signal.addEventListener("abort", () => asked.destroy());
    asked.on("response", answered.resolve).on("error", answered.reject).end();
    const answer = await answered.promise;
    return answer.statusCode === 400 && (await text(answer)).includes("Session ID unknown");
  } catch {
    return false;
  }
}
