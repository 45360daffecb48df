import { clientKeyOf } from "#common/http/client-address.ts";
import { createCounter } from "./counter.ts";

/** Keeps guesses slow. All throw AppError RATE_LIMITED, with when to try again. */
export interface Limits {
  /** Counts a login. `key` is the normalised login, whether anybody has it or not. */
  login: (key: string, address: string) => Promise<void>;
  /** Remembers that this client knows the password of this login. */
  loginSucceeded: (key: string, address: string) => void;
  /** Counts a registration. */
  register: (key: string, address: string) => Promise<void>;
  /** Counts a check of the password of somebody who is signed in. */
  password: (userId: string) => Promise<void>;
  /** Refuses a client with too many failed refreshes. */
  refresh: (address: string) => Promise<void>;
  refreshFailed: (address: string) => Promise<void>;
}

const maxKnownClients = 50_000;

/**
 * @param perMinute attempts per account; three times that per client; 0 = no limit
 */
export function createLimits(perMinute: number): Limits {
  const accounts = createCounter(perMinute);
  const clients = createCounter(3 * perMinute);
  const refreshes = createCounter(3 * perMinute);
  const knownClients = new Set<string>();

  return {
    async login(key, address) {
      const client = clientKeyOf(address);
      await clients.count(client);
      // A client that has signed in before counts by itself, so that others who guess
      // can't keep it out.
      const pair = `${key} ${client}`;
      await accounts.count(knownClients.has(pair) ? `known ${pair}` : `login ${key}`);
    },
    loginSucceeded(key, address) {
      if (perMinute === 0) return;
      const [oldest] = knownClients;
      if (knownClients.size >= maxKnownClients && oldest) knownClients.delete(oldest);
      knownClients.add(`${key} ${clientKeyOf(address)}`);
    },
    async register(key, address) {
      await clients.count(clientKeyOf(address));
      await accounts.count(`register ${key}`);
    },
    password: (userId) => accounts.count(`password ${userId}`),
    refresh: (address) => refreshes.check(clientKeyOf(address)),
    refreshFailed: (address) => refreshes.count(clientKeyOf(address)).catch(() => undefined),
  };
}
