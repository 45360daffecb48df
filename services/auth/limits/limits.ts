import { clientKeyOf } from "#common/http/client-address.ts";
import type { Counters } from "#common/limits.ts";
import { isKnownClient } from "../db/known-clients.ts";
import type { Db } from "../db/tables.ts";

/** Keeps guesses slow. All throw AppError RATE_LIMITED, with when to try again. */
export interface Limits {
  /** Counts an attempt to log in or to register by its client. */
  client: (address: string) => Promise<void>;
  /**
   * Counts a login by its account; by `key`, the normalised login, where nobody has it. A
   * client that has signed in before counts by itself, so that others who guess can't keep
   * it out.
   */
  login: (userId: string | undefined, key: string, address: string) => Promise<void>;
  /** Counts a registration by its email address. */
  register: (key: string) => Promise<void>;
  /** Counts a check of the password of somebody who is signed in. */
  password: (userId: string) => Promise<void>;
  /** Refuses a client with too many failed refreshes. */
  refresh: (address: string) => Promise<void>;
  refreshFailed: (address: string) => Promise<void>;
}

/**
 * @param perMinute attempts per account; three times that per client; 0 = no limit
 */
export function createLimits(db: Db, counters: Counters, perMinute: number): Limits {
  const accounts = counters.create("account", perMinute);
  const clients = counters.create("client", 3 * perMinute);
  const refreshes = counters.create("refresh", 3 * perMinute);

  return {
    client: (address) => clients.count(clientKeyOf(address)),
    async login(userId, key, address) {
      if (perMinute === 0) return;
      const client = clientKeyOf(address);
      // Asked for nobody's account too, so that it takes as long.
      const isKnown = await isKnownClient(db, userId ?? "0", client);
      const account = userId === undefined ? `nobody ${key}` : `user ${userId}`;
      await accounts.count(isKnown ? `${account} at ${client}` : account);
    },
    register: (key) => accounts.count(`register ${key}`),
    password: (userId) => accounts.count(`password ${userId}`),
    refresh: (address) => refreshes.check(clientKeyOf(address)),
    refreshFailed: (address) => refreshes.count(clientKeyOf(address)).catch(() => undefined),
  };
}
