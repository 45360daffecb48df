import { StartError } from "#common/lifecycle.ts";
import type { Logger } from "#common/log.ts";
import { type NeededDatabase, waitForDatabase } from "#common/wait-for-database.ts";
import type { MessageStore } from "./store.ts";

/** Where the store is; `mongodbUri` goes before `databaseUrl`. */
export interface StoreLocation {
  databaseUrl?: string | undefined;
  mongodbUri?: string | undefined;
}

/**
 * Opens the store, and waits some 10 s for a database that isn't there yet.
 * @param onConflict is called for batches whose numbers another instance had taken
 * @throws StartError where the database stays away or refuses
 */
export async function openStore(
  location: StoreLocation,
  log: Logger,
  onConflict?: () => void,
): Promise<MessageStore> {
  return waitForDatabase(await chooseDatabase(location, log, onConflict), log);
}

/** Only the driver that is used is loaded. */
async function chooseDatabase(
  { databaseUrl, mongodbUri }: StoreLocation,
  log: Logger,
  onConflict?: () => void,
): Promise<NeededDatabase<MessageStore>> {
  if (mongodbUri !== undefined) {
    const { openMongoStore } = await import("./mongo/store.ts");
    const { refusal, toStoreError } = await import("./mongo/errors.ts");
    return {
      name: "MongoDB",
      setting: "MONGODB_URI",
      host: mongodbUri.replace(/^[^/]+\/\/([^@/]*@)?/, "").replace(/[/?].*$/, ""),
      open: () => openMongoStore(mongodbUri, log, onConflict),
      refusal,
      isAway: (error) => toStoreError(error).code === "UNAVAILABLE",
    };
  }
  if (databaseUrl === undefined) {
    throw new StartError("messages need a place to live: set DATABASE_URL or MONGODB_URI");
  }
  const { openPostgresStore } = await import("./postgres/store.ts");
  const { refusal, toStoreError } = await import("./postgres/errors.ts");
  return {
    name: "PostgreSQL",
    setting: "DATABASE_URL",
    host: new URL(databaseUrl).host,
    open: () => openPostgresStore(databaseUrl, log, onConflict),
    refusal,
    isAway: (error) => toStoreError(error).code === "UNAVAILABLE",
  };
}
