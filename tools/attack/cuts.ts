import { startPlatform } from "../rig/platform.ts";
import { startRedis, withoutRedis } from "../rig/redis.ts";
import { connectSocket, disconnected } from "../rig/sockets.ts";
import { registerUser } from "../rig/users.ts";
import { type Finding, quantile } from "./findings.ts";
import type { Target } from "./target.ts";

const limitMs = 1_000;

/**
 * From the 200 of a logout to the end of the session's sockets, one on each of two instances,
 * with Redis (where it is installed) and without.
 */
export async function timeCuts(target: Target, scale: number): Promise<Finding[]> {
  const rounds = Math.max(5, Math.round(50 * scale));
  const findings = [await timeOn(target, rounds, undefined)];
  if (!withoutRedis) {
    await using redis = await startRedis();
    findings.push(await timeOn(target, rounds, redis.url));
  }
  return findings;
}

async function timeOn(
  { databaseUrl }: Target,
  rounds: number,
  redisUrl: string | undefined,
): Promise<Finding> {
  await using platform = await startPlatform({
    instances: 2,
    serverUrl: databaseUrl,
    auth: { redisUrl },
    message: { redisUrl },
    gateway: { redisUrl },
  });
  const times: number[] = [];
  const reasons = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const user = await registerUser(platform);
    const sockets = await Promise.all(platform.messageUrls.map((url) => connectSocket(url, user)));
    const cuts = sockets.map(async (socket) => {
      reasons.add(await disconnected(socket));
      return performance.now();
    });
    const { status } = await user.client.post("/api/auth/logout");
    const answeredAt = performance.now();
    if (status !== 200) throw new Error(`logout answered ${status}`);
    // A cut that came before the answer took no time at all.
    for (const cutAt of await Promise.all(cuts)) times.push(Math.max(0, cutAt - answeredAt));
  }
  const max = Math.max(...times);
  const figures = [quantile(times, 0.5), quantile(times, 0.99), max].map((ms) => ms.toFixed(0));
  return {
    what: `from logout to cut on 2 instances, ${redisUrl ? "with" : "without"} Redis, ${rounds} rounds`,
    figure: `p50 ${figures[0]}, p99 ${figures[1]}, slowest ${figures[2]} ms (${[...reasons].join(", ")})`,
    goal: `${limitMs} ms, by the server's disconnect`,
    isMet: max <= limitMs && reasons.size === 1 && reasons.has("io server disconnect"),
  };
}
