import { z } from "zod";
import { CONTRACT_VERSION } from "#contract/root.ts";
import type { Target } from "../operator/target.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, ok, problem, reasonOf, warning } from "./finding.ts";

const timeoutMs = 3_000;
const contractHeader = "contract-version";

/** What the HTTP port of each service says of it: health, clock, contract. */
export function checkServices(target: Target): Promise<Finding[]>[] {
  const { gatewayUrl, authHttpUrl, messageHttpUrls } = target;
  const several = messageHttpUrls.length > 1;
  return [
    check("gateway", gatewayUrl, "API_GATEWAY_PORT"),
    check("auth service", authHttpUrl, "AUTH_SERVICE_HTTP_PORT"),
    ...messageHttpUrls.map((url, i) => {
      const name = several ? `message service ${i + 1}` : "message service";
      const settings = "MESSAGE_SERVICE_HTTP_PORT, MESSAGE_SERVICE_URLS";
      return check(name, url, settings);
    }),
  ];
}

async function check(about: string, url: string, settings: string): Promise<Finding[]> {
  let response: Response;
  const askedAt = Date.now();
  try {
    response = await ask(`${url}/health`);
  } catch (error) {
    return [absent(about, url, error, settings)];
  }
  const health = readHealth(await response.json().catch(() => undefined));
  if (!health) {
    return [problem(about, `another program listens at ${url}`, `end it, or check ${settings}`)];
  }
  return [
    healthFinding(about, url, health),
    clockFinding(`${about}'s clock`, Date.parse(response.headers.get("date") ?? ""), { askedAt }),
    await contractFinding(`${about}'s contract`, url, response.headers.get(contractHeader)),
  ];
}

/** What keeps a port from answering. */
function absent(about: string, url: string, error: unknown, settings: string): Finding {
  const isSilent = error instanceof DOMException && error.name === "TimeoutError";
  return isSilent
    ? problem(about, `${url} doesn't answer within ${timeoutMs / 1000} s`, "look into its log")
    : problem(
        about,
        `nothing listens at ${url} (${reasonOf(error)})`,
        `start the platform (npm start, docker compose up), or check ${settings}`,
      );
}

interface Health {
  status: string;
  dependencies: Record<string, unknown>;
}

function readHealth(body: unknown): Health | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if (!("status" in body) || !("dependencies" in body)) return undefined;
  const { status, dependencies } = body;
  if (typeof status !== "string" || typeof dependencies !== "object") return undefined;
  return { status, dependencies: { ...dependencies } };
}

function healthFinding(about: string, url: string, { status, dependencies }: Health): Finding {
  const down = Object.keys(dependencies).filter((name) => dependencies[name] !== "up");
  if (status === "ok") return ok(about, `${url} is well`);
  const text = `${url} is ${status}: ${down.join(", ") || "it stops"} can't be reached from it`;
  const todo = `see what is said of ${down.join(", ") || "it"} here, and its log`;
  if (down.includes("auth")) return problem(about, text, `${todo}; ${whyUnknown}`);
  return status === "degraded" ? warning(about, text, todo) : problem(about, text, todo);
}

/** Nobody gets in where the auth service is away, and it is as good as that to whom it doesn't know. */
const whyUnknown = "where auth is well, the SERVICE_SECRET of the two differs, or their clocks";

async function contractFinding(about: string, url: string, said: string | null): Promise<Finding> {
  const version = said ?? (await documentedVersion(url));
  if (version === CONTRACT_VERSION) return ok(about, `is ${version}, as this checkout's`);
  const text =
    version === undefined
      ? `isn't said: its release is older than this checkout's, of ${CONTRACT_VERSION}`
      : `is ${version}, and this checkout's is ${CONTRACT_VERSION}`;
  return problem(about, text, "deploy all services from one release, and use its checkout");
}

const document = z.object({ info: z.object({ version: z.string().regex(/^\d+\.\d+\.\d+$/) }) });

/** Releases that didn't say their contract with each answer have it in the gateway's document. */
async function documentedVersion(url: string): Promise<string | undefined> {
  const answer = await ask(`${url}/openapi.json`).catch(() => undefined);
  const { data } = document.safeParse(await answer?.json().catch(() => undefined));
  return data?.info.version;
}

/** The contract of the service at an HTTP port; undefined where none is said. */
export async function contractAt(url: string): Promise<string | undefined> {
  const answer = await ask(`${url}/health`).catch(() => undefined);
  return answer?.headers.get(contractHeader) ?? undefined;
}

function ask(url: string): Promise<Response> {
  return fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
}
