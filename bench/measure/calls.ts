import { quantile } from "./figures.ts";

/** What calls came to; times in milliseconds. */
export interface Calls {
  count: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/** Keeps `underWay` calls under way for a time; each lane waits for its own. */
export async function keepCalling(
  underWay: number,
  ms: number,
  call: (lane: number) => Promise<unknown>,
): Promise<Calls> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const work = async (lane: number) => {
    let now = performance.now();
    while (now - startedAt < ms) {
      const begunAt = now;
      await call(lane);
      now = performance.now();
      latencies.push(now - begunAt);
    }
  };
  await Promise.all(Array.from({ length: underWay }, (_, lane) => work(lane)));
  return {
    count: latencies.length,
    perSecond: latencies.length / ((performance.now() - startedAt) / 1000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

/** Measures until there were so many calls: what runs often is compiled by then. */
export async function warmUp(calls: number, measure: () => Promise<Calls>): Promise<void> {
  for (let done = 0; done < calls; ) done += (await measure()).count;
}
