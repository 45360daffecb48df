import { pause } from "#common/deadline.ts";
import { StartError } from "#common/lifecycle.ts";
import type { Logger } from "#common/log.ts";
import type { AppError } from "#contract/errors.ts";
import type { MessageStore } from "./store.ts";

/** Where the store is; `mongodbUri` goes before `databaseUrl`. */
export interface StoreLocation {
  databaseUrl?: string | undefined;
  mongodbUri?: string | undefined;
}

/** A kind of database to keep the store in. */
interface Kind {
  name: string;
  setting: string;
  /** Where it is expected, for people; never with a password. */
  host: string;
  open: () => Promise<MessageStore>;
  /** Waiting won't help: a wrong password, or no such database. */
  isRefused: (error: unknown) => boolean;
  toStoreError: (error: unknown) => AppError;
}

const timeoutMs = 10_000;
const retryMs = 250;

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
  const kind = await chooseKind(location, log, onConflict);
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await kind.open();
    } catch (error) {
      const { name, setting, host } = kind;
      if (kind.isRefused(error)) {
        throw new StartError(`${name} refuses the connection: check ${setting}`, { cause: error });
      }
      if (kind.toStoreError(error).code !== "UNAVAILABLE") throw error;
      if (performance.now() > giveUpAt) {
        throw new StartError(`${name} doesn't answer at ${host}: start it, or check ${setting}`, {
          cause: error,
        });
      }
      log.debug({ err: error }, `${name} is not there yet`);
      await pause(retryMs);
    }
  }
}

/** Only the driver that is used is loaded. */
async function chooseKind(
  { databaseUrl, mongodbUri }: StoreLocation,
  log: Logger,
  onConflict?: () => void,
): Promise<Kind> {
  if (mongodbUri !== undefined) {
    const { openMongoStore } = await import("./mongo/store.ts");
    const { isRefused, toStoreError } = await import("./mongo/errors.ts");
    return {
      name: "MongoDB",
      setting: "MONGODB_URI",
      host: mongodbUri.replace(/^[^/]+\/\/([^@/]*@)?/, "").replace(/[/?].*$/, ""),
      open: () => openMongoStore(mongodbUri, log, onConflict),
      isRefused,
      toStoreError,
    };
  }
  if (databaseUrl === undefined) {
    throw new StartError("messages need a place to live: set DATABASE_URL or MONGODB_URI");
  }
  const { openPostgresStore } = await import("./postgres/store.ts");
  const { isRefused, toStoreError } = await import("./postgres/errors.ts");
  return {
    name: "PostgreSQL",
    setting: "DATABASE_URL",
    host: new URL(databaseUrl).host,
    open: () => openPostgresStore(databaseUrl, log, onConflict),
    isRefused,
    toStoreError,
  };
}
