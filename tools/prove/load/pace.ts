import { tickMs } from "./tally.ts";

/** How many things are due at each tick; what couldn't be done before adds up to `most`. */
export function createPace(perSecond: number, most: number): () => number {
  let saved = 0;
  return () => {
    saved = Math.min(saved + (perSecond * tickMs) / 1000, most);
    const due = Math.floor(saved);
    saved -= due;
    return due;
  };
}
