import { hash } from "@node-rs/argon2";
import { startFresh, registerUser, password, newName, codeOf, refresh, sessionIdOf } from "./harness.ts";
const cost = { memoryCost: 19456, timeCost: 2 };
const a = await startFresh({}, { passwordCost: cost });
const u = await registerUser(a.client);
const med = (x: number[]) => x.toSorted((p, q) => p - q)[x.length >> 1] ?? 0;
const un: number[] = [], wr: number[] = [];
for (let i = 0; i < 100; i++) {
  let t = performance.now(); await codeOf(a.client.login({ username: newName(), password })); un.push(performance.now() - t);
  t = performance.now(); await codeOf(a.client.login({ username: u.user.username, password: "wrong pass" })); wr.push(performance.now() - t);
}
process.stdout.write(`unknown ${med(un).toFixed(2)} wrong ${med(wr).toFixed(2)}\n`);
for (let r = 0; r < 2; r++) {
  const n = 150;
  let t = performance.now();
  for (let i = 0; i < n; i += 2) await Promise.all([hash("abcdefgh", { ...cost, parallelism: 1 }), hash("abcdefgh", { ...cost, parallelism: 1 })]);
  const bare = n / (performance.now() - t);
  t = performance.now();
  let left = n; const codes: string[] = [];
  const live: number[] = []; let done = false;
  const probe = (async () => { while (!done) { const s = performance.now(); await (await fetch(a.running.httpUrl + "/health/live")).text(); live.push(performance.now() - s); await new Promise((x) => setTimeout(x, 10)); } })();
  await Promise.all(Array.from({ length: 50 }, async () => { while (left-- > 0) codes.push(await codeOf(a.client.login({ username: u.user.username, password }))); }));
  const mine = n / (performance.now() - t); done = true; await probe;
  live.sort((p, q) => p - q);
  process.stdout.write(`bare ${(bare * 1000).toFixed(0)}/s login ${(mine * 1000).toFixed(0)}/s ratio ${(mine / bare).toFixed(2)} codes ${[...new Set(codes)]} live p99 ${live[Math.floor(live.length * 0.99)]?.toFixed(1)}\n`);
}
let tok = u.tokens.refreshToken; const tally: Record<string, number> = {};
for (let r = 0; r < 20; r++) {
  const res = await Promise.allSettled(Array.from({ length: 50 }, () => refresh(a.client, tok)));
  const before = tok;
  for (const x of res) if (x.status === "fulfilled") tok = x.value.refreshToken;
  for (const x of res) { const c = x.status === "fulfilled" ? "OK" : await codeOf(Promise.reject(x.reason)); tally[c] = (tally[c] ?? 0) + 1; }
  if (before === tok) throw new Error("no winner");
}
process.stdout.write(JSON.stringify(tally) + sessionIdOf(u.tokens.accessToken).length + "\n");
await a[Symbol.asyncDispose]();
