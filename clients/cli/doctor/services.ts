import { CONTRACT_VERSION } from "#contract/root.ts";
import type { Target } from "../operator/target.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, ok, problem, reasonOf, warning } from "./finding.ts";

const timeoutMs = 3_000;

/** What the HTTP port of each service says of it: health, clock, contract. */
export function checkServices(target: Target): Promise<Finding[]>[] {
  const { gatewayUrl, authHttpUrl, messageHttpUrls, metricsToken } = target;
  const several = messageHttpUrls.length > 1;
  return [
    check("gateway", gatewayUrl, "API_GATEWAY_PORT", metricsToken),
    check("auth service", authHttpUrl, "AUTH_SERVICE_HTTP_PORT", metricsToken),
    ...messageHttpUrls.map((url, i) => {
      const name = several ? `message service ${i + 1}` : "message service";
      const settings = "MESSAGE_SERVICE_HTTP_PORT, MESSAGE_SERVICE_URLS";
      return check(name, url, settings, metricsToken);
    }),
  ];
}

async function check(
  about: string,
  url: string,
  settings: string,
  metricsToken: string | undefined,
): Promise<Finding[]> {
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
    await contractFinding(`${about}'s contract`, url, metricsToken),
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

async function contractFinding(
  about: string,
  url: string,
  token: string | undefined,
): Promise<Finding> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await ask(`${url}/metrics`, headers).catch(() => undefined);
  const text = answer?.ok ? await answer.text() : "";
  const version = /^aetherconnect_contract_info\{[^}]*version="([^"]*)"/m.exec(text)?.[1];
  if (version === CONTRACT_VERSION) return ok(about, `is ${version}, as this checkout's`);
  if (version === undefined) {
    const why = answer?.ok
      ? "its release is older than this"
      : "its metrics can't be read from here";
    return warning(about, `isn't known: ${why}`, "run this beside it, or set METRICS_TOKEN to its");
  }
  return problem(
    about,
    `is ${version}, and this checkout's is ${CONTRACT_VERSION}`,
    "deploy all services from one release, and use its checkout",
  );
}

function ask(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
}
