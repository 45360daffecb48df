import { AppError } from "#common/errors.ts";
import { patienceMs } from "./errors.ts";

/**
 * Runs work of one key one after the other, in the order in which it came. Work whose turn
 * comes when nobody waits any more is not begun: it fails with UNAVAILABLE.
 */
export function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const giveUpAt = performance.now() + patienceMs;
    const begin = () => {
      if (performance.now() > giveUpAt) throw new AppError("UNAVAILABLE");
      return work();
    };
    const turn = (last.get(key) ?? Promise.resolve()).then(begin);
    const settled = turn.catch(() => {});
    last.set(key, settled);
    settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return turn;
  };
}
