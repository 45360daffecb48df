/** Numbers that follow from a seed, so that a plan can be repeated. */
export interface Random {
  /** From 0 to 1, 1 excluded. */
  next: () => number;
  /** From `low` to `high`. */
  between: (low: number, high: number) => number;
  pick: <T>(from: readonly T[]) => T;
  shuffle: <T>(from: readonly T[]) => T[];
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[Math.floor(next() * from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    pick,
    shuffle(from) {
      const rest = [...from];
      const shuffled: typeof rest = [];
      while (rest.length > 0) shuffled.push(...rest.splice(Math.floor(next() * rest.length), 1));
      return shuffled;
    },
  };
}
