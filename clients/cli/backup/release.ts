import { migrations as auth } from "#auth/db/migrations.ts";
import { namesOf } from "#common/migrations.ts";
import { migrations as message } from "#message/store/postgres/migrations.ts";

/** The migrations that this release knows, by schema. */
export const migrations = { auth, message } as const;

export type Schema = keyof typeof migrations;

/** Those of these names that this release doesn't know. */
export function unknownOf(schema: Schema, names: readonly string[]): string[] {
  const known = namesOf(migrations[schema]);
  return names.filter((name) => !known.includes(name));
}

export const schemas: readonly Schema[] = ["auth", "message"];

/** Whether version `a` is newer than `b`. */
export function isNewer(a: string, b: string): boolean {
  const [one, other] = [a, b].map((it) => it.split(".").map(Number));
  const at = (one ?? []).findIndex((part, i) => part !== other?.[i]);
  return at >= 0 && (one?.[at] ?? 0) > (other?.[at] ?? 0);
}
