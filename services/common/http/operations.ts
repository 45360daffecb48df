import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "#contract/errors.ts";
import { budgets } from "../budgets.ts";
import { withDeadline } from "../deadline.ts";
import type { Metrics } from "../metrics.ts";
import { commonHead, sendJson, setHead } from "./answer.ts";
import { bearerToken } from "./headers.ts";

/** Whether something can be reached; `partly`: there is enough of it to go on. */
export type Reach = boolean | "partly";

/** Something that a service needs (its loss makes it unready) or merely uses. */
export interface Dependency {
  isRequired: boolean;
  /** A second without an answer counts as no. */
  check: () => Promise<Reach> | Reach;
}

export interface OperationsOptions {
  dependencies: Record<string, Dependency>;
  metrics: Metrics;
  metricsToken: string | undefined;
}

type Status = "ok" | "degraded" | "unavailable";

/** Health and metrics of a service, on its HTTP port. */
export interface Operations {
  /** What answers `/health*` and `/metrics`, by path. @throws AppError */
  answers: ReadonlyMap<string, (req: IncomingMessage, res: ServerResponse) => Promise<void>>;
  isReady: () => Promise<boolean>;
  /** From now on not ready: no new work, please. */
  drain: () => void;
}

export function createOperations(options: OperationsOptions): Operations {
  let isDraining = false;
  let known: { at: number; result: Promise<{ status: Status; dependencies: object }> } | undefined;

  const judge = async () => {
    const entries = await Promise.all(
      Object.entries(options.dependencies).map(async ([name, { check, isRequired }]) => {
        const checked = Promise.resolve()
          .then(check)
          .catch(() => false);
        const reach = await withDeadline(checked, budgets.health.check, () => false);
        return { name, reach, isRequired };
      }),
    );
    const down = entries.filter((it) => it.reach !== true);
    const status: Status = down.some((it) => it.isRequired && it.reach === false)
      ? "unavailable"
      : down.length > 0
        ? "degraded"
        : "ok";
    const dependencies = Object.fromEntries(
      entries.map((it) => [it.name, it.reach === true ? "up" : "down"]),
    );
    return { status, dependencies };
  };
  // Many may ask at once; the dependencies are asked a few times a second at most.
  const health = async () => {
    if (!known || known.at + budgets.health.remembered < performance.now()) {
      known = { at: performance.now(), result: judge() };
    }
    const result = await known.result;
    return isDraining ? { ...result, status: "unavailable" as const } : result;
  };

  const answer = async (path: string, req: IncomingMessage, res: ServerResponse) => {
    setHead(res, [...commonHead(req), "cache-control", "no-store"]);
    if (path === "/metrics" && !mayReadMetrics(req, options.metricsToken)) {
      throw new AppError("NOT_FOUND");
    }
    requireReading(req, res);
    if (path === "/metrics") {
      res.setHeader("content-type", options.metrics.registry.contentType);
      res.end(await options.metrics.registry.metrics());
      return;
    }
    if (path === "/health/live") return sendJson(res, 200, { status: "ok", dependencies: {} }, []);
    const result = await health();
    return sendJson(res, result.status === "unavailable" ? 503 : 200, result, []);
  };

  return {
    answers: new Map(paths.map((path) => [path, (req, res) => answer(path, req, res)])),
    isReady: async () => (await health()).status !== "unavailable",
    drain() {
      isDraining = true;
    },
  };
}

const paths = ["/health", "/health/live", "/health/ready", "/metrics"];

/** Metrics are for this machine, unless a proxy asks for another, and for who has the token. */
function mayReadMetrics(req: IncomingMessage, token: string | undefined): boolean {
  const given = bearerToken(req.headers.authorization);
  if (token && given && isSame(given, token)) return true;
  const isForwarded = Object.keys(req.headers).some(
    (name) => name.startsWith("x-forwarded-") || name === "forwarded",
  );
  return !isForwarded && isLoopback(req.socket.remoteAddress ?? "");
}

/** For what can only be read. @throws AppError METHOD_NOT_ALLOWED */
export function requireReading(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === "GET" || req.method === "HEAD") return;
  res.setHeader("allow", "GET, HEAD");
  throw new AppError("METHOD_NOT_ALLOWED");
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.replace(/^::ffff:/, "").startsWith("127.");
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
