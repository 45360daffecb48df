/** How calls went, in milliseconds to a tenth. */
export type Figures = {
  perSecond: number;
  medianMs: number;
  /** All but one in a hundred were as fast. */
  slowMs: number;
};

/** Calls again and again, so many at once, until the time is over. @throws what a call throws */
export async function measure(
  ms: number,
  atOnce: number,
  call: () => Promise<unknown>,
): Promise<Figures> {
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const endAt = startedAt + ms;
  const caller = async () => {
    do {
      const calledAt = performance.now();
      await call();
      tookMs.push(performance.now() - calledAt);
    } while (performance.now() < endAt);
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  tookMs.sort((a, b) => a - b);
  const at = (part: number) => tenth(tookMs[Math.floor((tookMs.length - 1) * part)] ?? 0);
  return { perSecond: tenth(tookMs.length / seconds), medianMs: at(0.5), slowMs: at(0.99) };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
