import { clientKeyOf, networkOf } from "#common/http/client-address.ts";
import type { Counters } from "#common/limits.ts";

/** What is typed to sign in: its kind, and its normal form. */
export interface LoginName {
  kind: "email" | "username";
  key: string;
}

/** Keeps guesses slow. All throw AppError RATE_LIMITED, with when to try again. */
export interface Limits {
  /** Counts an attempt to log in or to register by its client and the networks around it. */
  client: (address: string) => Promise<void>;
  /**
   * Counts a login by what was typed, whether or not anybody has that name: who has which, and
   * which two are one person's, doesn't show in when it slows down. What is promised:
   * one client has no more guesses a minute at a name than an account has; those of all clients
   * together slow each of them down to a share of its own; and that share nobody else can use
   * up, so that the right password gets in from a client that hasn't tried others itself.
   * Clients behind one address are one client here, and share that.
   */
  login: (login: LoginName, address: string) => Promise<void>;
  /** Counts a registration by its email address. */
  register: (key: string) => Promise<void>;
  /** Counts a check of the password of somebody who is signed in. */
  password: (userId: string) => Promise<void>;
  /** Counts a refresh that has failed. A token that works is never refused: nobody guesses one. */
  refreshFailed: (address: string) => Promise<void>;
}

/**
 * Networks wider than a client's, and how many clients' attempts each may make: whoever holds
 * a /56 or a /48 has 256 or 65,536 times a /64, and would be as many clients.
 */
const widerNetworks = [
  { bits: 56, clients: 4 },
  { bits: 48, clients: 16 },
] as const;

/** Of an account's attempts those that each client has to itself. */
const ownPart = 0.3;

/**
 * @param perMinute attempts per account; three times that per client; 0 = no limit
 */
export function createLimits(counters: Counters, perMinute: number): Limits {
  const perClient = 3 * perMinute;
  const ownShare = perMinute === 0 ? 0 : Math.max(1, Math.floor(ownPart * perMinute));
  const accounts = counters.create("account", perMinute);
  const shares = counters.create("share", ownShare);
  const clients = counters.create("client", perClient);
  const networks = widerNetworks.map(({ bits, clients }) => ({
    bits,
    counter: counters.create(`network${bits}`, clients * perClient),
  }));
  const refreshes = counters.create("refresh", perClient);

  return {
    async client(address) {
      // From the narrowest on: what is refused there must not use up what its neighbours have.
      await clients.count(clientKeyOf(address));
      for (const { bits, counter } of networks) {
        const network = networkOf(address, bits);
        if (network !== undefined) await counter.count(network);
      }
    },
    async login({ kind, key }, address) {
      const name = `${kind} ${key}`;
      const [all, own] = await Promise.allSettled([
        accounts.count(name),
        shares.count(`${name} at ${clientKeyOf(address)}`),
      ]);
      // Its own share comes back for certain, whatever others do.
      if (all.status === "rejected" && own.status === "rejected") throw own.reason;
    },
    register: (key) => accounts.count(`register ${key}`),
    password: (userId) => accounts.count(`password ${userId}`),
    refreshFailed: (address) => refreshes.count(clientKeyOf(address)),
  };
}
