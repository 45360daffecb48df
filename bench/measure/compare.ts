import { figure, type Goal, judged, median, ratio, spread, table } from "./figures.ts";
import { rotated } from "./rounds.ts";

/** One of those that are compared, and what was measured of it in each round. */
export interface Measured<K extends string> {
  name: string;
  samples: Record<K, number>[];
}

export interface Side<K extends string> extends Measured<K> {
  measure: () => Promise<Record<K, number>>;
}

/** What the ratios to other sides must be, by their names. */
export type Goals<K extends string> = Record<string, Partial<Record<K, Goal>>>;

/** How a figure is shown. */
export interface Column {
  title: string;
  show: (values: readonly number[]) => string;
}

/** The median of the rounds, with least and greatest. */
export const withSpread = (title: string): Column => ({ title, show: spread });

/** The median of the rounds. */
export const asMedian = (title: string): Column => ({
  title,
  show: (values) => figure(median(values)),
});

/** Measures every side in each round, another first each time. */
export async function measureRounds<K extends string>(
  sides: readonly Side<K>[],
  rounds: number,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { samples, measure } of rotated(sides, round)) samples.push(await measure());
  }
}

/** A table with a row for each side, and one for how the first compares with each of the others. */
export function comparison<K extends string>(
  title: string,
  columns: Record<K, Column>,
  sides: readonly Measured<NoInfer<K>>[],
  goals: Goals<NoInfer<K>> = {},
): string {
  const keys = keysOf(columns);
  const values = (key: K, side: Measured<K> | undefined) =>
    side?.samples.map((it) => it[key]) ?? [];
  const [first, ...others] = sides;
  const ratios = (other: Measured<K>) =>
    keys.map((key) => {
      const value = ratio(values(key, first), values(key, other));
      const goal = goals[other.name]?.[key];
      return goal ? judged(value, goal) : figure(value);
    });
  return table(
    [title, ...keys.map((key) => columns[key].title)],
    [
      ...sides.map((side) => [
        side.name,
        ...keys.map((key) => columns[key].show(values(key, side))),
      ]),
      ...others.map((other) => [`${first?.name} / ${other.name}`, ...ratios(other)]),
    ],
  );
}

function keysOf<K extends string>(columns: Record<K, Column>): K[] {
  const keys: K[] = [];
  for (const key in columns) keys.push(key);
  return keys;
}
