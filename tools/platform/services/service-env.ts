import type { ServiceSpec } from "./service-process.ts";

/** The PostgreSQL client reads PGPASSWORD and its like by itself. */
const isPostgresOwn = (name: string) => /^PG[A-Z]+$/.test(name);

/**
 * What a service finds in its environment: of the keys to the stores only that to its own.
 * @param embeddedUrl the service's DATABASE_URL where the server is ours
 */
export function envFor(
  { store }: ServiceSpec,
  env: NodeJS.ProcessEnv,
  embeddedUrl?: string,
): NodeJS.ProcessEnv {
  const { DATABASE_URL = "", MONGODB_URI = "", ...rest } = env;
  if (store === "DATABASE_URL" && !embeddedUrl) return { ...rest, DATABASE_URL };
  const others = Object.entries(rest).filter(([name]) => !isPostgresOwn(name));
  return {
    ...Object.fromEntries(others),
    ...(embeddedUrl ? { DATABASE_URL: embeddedUrl } : {}),
    ...(store === "MONGODB_URI" ? { MONGODB_URI } : {}),
  };
}
