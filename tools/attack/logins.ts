import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { hash } from "@node-rs/argon2";
import { ROOT } from "#contract/root.ts";
import { type ApiUser, post } from "../rig/api.ts";
import { type Finding, quantile } from "./findings.ts";
import type { Target } from "./target.ts";

/** How fast the machine hashes, two at once, with the parameters of the auth service. */
async function bareRate(seconds: number): Promise<number> {
  const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  const endAt = performance.now() + seconds * 1_000;
  let count = 0;
  const lane = async () => {
    while (performance.now() < endAt) {
      await hash("correct horse battery", options);
      count++;
    }
  };
  await Promise.all([lane(), lane()]);
  return count / seconds;
}

/** By plain node:http, which costs half of what fetch does: clients have machines of their own. */
async function loginRate(target: Target, user: ApiUser, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const body = JSON.stringify({ email: user.email, password: user.password });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const login = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { method: "POST", agent, headers };
      const sent = request(`${target.gateway}/api/auth/login`, options, (res) =>
        res.resume().on("end", () => resolve(res.statusCode)),
      );
      sent.on("error", reject).end(body);
    });
  const endAt = performance.now() + seconds * 1_000;
  let count = 0;
  const lane = async () => {
    while (performance.now() < endAt) if ((await login()) === 200) count++;
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  agent.destroy();
  return count / seconds;
}

/** Logins a second against bare argon2, alternating, as the load of the machine changes. */
export async function measureLoginRate(
  target: Target,
  user: ApiUser,
  scale: number,
): Promise<Finding> {
  // Code that has just been loaded is slow for a while.
  await loginRate(target, user, 8);
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < Math.max(3, Math.round(5 * scale)); round++) {
    const bare = await bareRate(2);
    const rate = await loginRate(target, user, 2);
    rates.push(rate);
    ratios.push(rate / bare);
  }
  const ratio = quantile(ratios, 0.5);
  return {
    what: "login rate against bare argon2",
    figure: `${ratio.toFixed(2)} (${quantile(rates, 0.5).toFixed(0)} a second)`,
    goal: "0.85 or more",
    isMet: ratio >= 0.85,
  };
}

/** Whether the time of an answer tells whether there is such a user. */
export async function compareTimes(target: Target, user: ApiUser, scale: number): Promise<Finding> {
  const wrong: number[] = [];
  const unknown: number[] = [];
  const time = async (email: string) => {
    const startedAt = performance.now();
    await post(`${target.gateway}/api/auth/login`, { email, password: "not the password" });
    return performance.now() - startedAt;
  };
  const pairs = Math.round(200 * Math.max(scale, 0.25));
  for (let i = 0; i < 10; i++) await time(user.email);
  for (let i = 0; i < pairs; i++) {
    // Which of the two comes first changes, so that no habit of the machine favours one.
    if (i % 2) wrong.push(await time(user.email));
    unknown.push(await time(`nobody${i}@example.com`));
    if (i % 2 === 0) wrong.push(await time(user.email));
  }
  const [a, b] = [quantile(wrong, 0.5), quantile(unknown, 0.5)];
  const apart = Math.abs(a - b) / a;
  return {
    what: `unknown user against wrong password, ${pairs} pairs`,
    figure: `${b.toFixed(1)} and ${a.toFixed(1)} ms: ${(apart * 100).toFixed(1)} % apart`,
    goal: "medians within 5 %",
    isMet: apart <= 0.05,
  };
}

/** Three times the logins at once that can be served in time, whose clients all wait. */
export async function rushLogins(
  { gateway }: Target,
  { email, password }: ApiUser,
  answerMs: number,
): Promise<Finding> {
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const { status, body } = await post(`${gateway}/api/auth/login`, { email, password });
      return status === 200 ? "let in" : String(body.code ?? status);
    }),
  );
  const slowest = performance.now() - startedAt;
  const counts = Map.groupBy(answers, (it) => it);
  const figure = [...counts].map(([answer, { length }]) => `${length} ${answer}`).join(", ");
  const isRight = [...counts.keys()].every((it) => expectedInRush.has(it));
  const isSwift = slowest <= answerMs;
  return {
    what: "300 logins at once",
    figure: `${figure}; slowest ${(slowest / 1_000).toFixed(1)} s`,
    goal: `let in or 503 within ${answerMs / 1_000} s`,
    isMet: isRight && isSwift,
    isSlow: isRight && !isSwift,
  };
}

const expectedInRush = new Set(["let in", "BUSY", "UNAVAILABLE"]);

/** `/health/live` of auth and of the gateway while 50 clients log in. */
export async function watchHealth(
  target: Target,
  user: ApiUser,
  scale: number,
): Promise<Finding[]> {
  const endAt = performance.now() + Math.max(5_000, 15_000 * scale);
  const statuses = new Map<number, number>();
  const clients = Array.from({ length: 50 }, async () => {
    while (performance.now() < endAt) {
      const { email, password } = user;
      const { status } = await post(`${target.gateway}/api/auth/login`, { email, password });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const watcher = fork(join(ROOT, "tools/attack/health-watcher.ts"), [target.auth, target.gateway]);
  await once(watcher, "message");
  await Promise.all(clients);
  watcher.send("report");
  const [times]: unknown[] = await once(watcher, "message");
  const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
  return ["auth", "gateway"].map((name, i) => {
    const own: unknown = Array.isArray(times) ? times[i] : [];
    const p99 = quantile(Array.isArray(own) ? own.map(Number) : [], 0.99);
    return {
      what: `/health/live of ${name} while 50 clients log in`,
      figure: `p99 ${p99.toFixed(0)} ms (${seen})`,
      goal: "p99 100 ms or less",
      isMet: p99 <= 100 && [...statuses.keys()].every((it) => it === 200 || it === 503),
    };
  });
}
