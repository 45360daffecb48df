import { hash } from "@node-rs/argon2";
import { type Finding, quantile } from "./findings.ts";
import type { Target } from "./target.ts";
import { post, type User } from "./user.ts";

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

async function loginRate(target: Target, user: User, seconds: number): Promise<number> {
  const endAt = performance.now() + seconds * 1_000;
  let count = 0;
  const lane = async () => {
    while (performance.now() < endAt) {
      const { email, password } = user;
      const { status } = await post(`${target.gateway}/api/auth/login`, { email, password });
      if (status === 200) count++;
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  return count / seconds;
}

/** Logins a second against bare argon2, in turns, for the machine's mood changes. */
export async function measureLoginRate(
  target: Target,
  user: User,
  scale: number,
): Promise<Finding> {
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
export async function compareTimes(target: Target, user: User, scale: number): Promise<Finding> {
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

/** `/health/live` of auth and of the gateway while 50 clients log in. */
export async function watchHealth(target: Target, user: User, scale: number): Promise<Finding[]> {
  const endAt = performance.now() + Math.max(5_000, 15_000 * scale);
  const statuses = new Map<number, number>();
  const clients = Array.from({ length: 50 }, async () => {
    while (performance.now() < endAt) {
      const { email, password } = user;
      const { status } = await post(`${target.gateway}/api/auth/login`, { email, password });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const watch = async (url: string) => {
    const times: number[] = [];
    while (performance.now() < endAt) {
      const startedAt = performance.now();
      await (await fetch(`${url}/health/live`)).text();
      times.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return times;
  };
  const [auth, gateway] = await Promise.all([watch(target.auth), watch(target.gateway)]);
  await Promise.all(clients);
  const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
  return [
    ["auth", auth],
    ["gateway", gateway],
  ].map(([name, times]) => {
    const p99 = quantile(Array.isArray(times) ? times : [], 0.99);
    return {
      what: `/health/live of ${String(name)} while 50 clients log in`,
      figure: `p99 ${p99.toFixed(0)} ms (${seen})`,
      goal: "p99 100 ms or less",
      isMet: p99 <= 100 && [...statuses.keys()].every((it) => it === 200 || it === 503),
    };
  });
}
