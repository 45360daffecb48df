import { budgets } from "#common/budgets.ts";
import { openRedisCommands } from "#common/redis.ts";
import { type Finding, ok, problem, reasonOf, warning } from "./finding.ts";

const timeoutMs = 3_000;
const leastRedis = 7;

/** Through which instances hear of each other. */
export async function checkRedis(url: string): Promise<Finding[]> {
  const about = "Redis";
  const { host } = new URL(url);
  const redis = await openRedisCommands(url, budgets.health.ping);
  try {
    await ready(redis);
    const info = await redis.info();
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? "?";
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? "noeviction";
    if (Number.parseInt(version, 10) < leastRedis) {
      return [
        problem(about, `${host} is version ${version}`, `use version ${leastRedis} or later`),
      ];
    }
    const finding = ok(about, `${host} answers: version ${version}`);
    if (policy === "noeviction") return [finding];
    return [
      finding,
      warning(
        about,
        `throws keys away when it is full (${policy}), and with them limits`,
        "set maxmemory-policy to noeviction",
      ),
    ];
  } catch (error) {
    const reason = reasonOf(error);
    return [
      problem(
        about,
        `${host} can't be used (${reason}): instances hear of each other late, and limits count for each alone`,
        /^(WRONGPASS|NOAUTH|NOPERM)/.test(reason)
          ? "check user and password of REDIS_URL"
          : "start it, or check REDIS_URL",
      ),
    ];
  } finally {
    redis.disconnect();
  }
}

/** It connects in the background: the first failure says why it can't. */
function ready(redis: Awaited<ReturnType<typeof openRedisCommands>>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  redis.once("ready", resolve);
  redis.once("error", reject);
  setTimeout(() => reject(new Error("no answer")), timeoutMs).unref();
  return promise;
}
