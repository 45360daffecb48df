import { type Finding, ok, problem, warning } from "./finding.ts";

/** Services go on beside a newer release, and bring up to date what is of an older one. */
export function migrated(
  about: string,
  made: readonly string[],
  known: readonly string[],
): Finding {
  const newer = made.filter((name) => !known.includes(name));
  const missing = known.filter((name) => !made.includes(name));
  if (made.length === 0) {
    const todo = "the service makes them when it first starts: npm start";
    return problem(about, "aren't there yet", todo);
  }
  if (missing.length > 0) {
    const todo = "restart the services: each brings its tables up to date as it starts";
    return problem(about, `are of an older release (without ${missing.join(", ")})`, todo);
  }
  if (newer.length > 0) {
    const todo = "finish the upgrade, and use the checkout of that release";
    return warning(about, `are of a newer release (${newer.join(", ")})`, todo);
  }
  return ok(about, `are up to date (${known.length} migrations)`);
}
