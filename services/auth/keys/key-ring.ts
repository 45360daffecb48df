import type { KeyObject } from "node:crypto";
import type { CryptoKey } from "jose";
import { budgets } from "#common/budgets.ts";
import type { Logger } from "#common/log.ts";
import type { FindKey } from "#common/tokens/user-token.ts";
import { AppError } from "#contract/errors.ts";
import {
  deleteRetiredKeys,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  resealSigningKey,
  type StoredKey,
} from "../db/signing-keys.ts";
import type { Db } from "../db/tables.ts";
import { importPrivateKey, importPublicKey, makeSigningKey } from "./make-key.ts";
import type { Sealer } from "./seal.ts";

/** A public key and, where our secrets open it, its private half. */
export interface LoadedKey {
  kid: string;
  /** base64url, as in a JWK. */
  x: string;
  verifies: CryptoKey;
  signs: KeyObject | undefined;
  /** On the clock of `performance.now()`. */
  signsFrom: number;
}

/** The signing keys that the database holds, as this instance knows them. */
export interface KeyRing {
  /** The key to sign with now. @throws AppError UNAVAILABLE */
  current: () => { kid: string; signs: KeyObject };
  find: FindKey;
  /** All keys of which valid tokens may exist, at most a second old. */
  published: () => Promise<LoadedKey[]>;
  /** Makes a new key, which signs `leadSeconds` later. Answers its id. */
  rotate: () => Promise<string>;
  /** Makes a new key where the newest is too old, and removes those that are done. */
  renew: () => Promise<void>;
  close: () => void;
}

export interface KeyRingOptions {
  db: Db;
  sealer: Sealer;
  log: Logger;
  /**
   * How long a key is published before it signs. More than it takes any instance to read
   * the keys again, and any verifier that has just asked to ask again.
   */
  leadSeconds: number;
}

const maxAgeSeconds = 30 * 24 * 60 * 60;
const retiredAfterSeconds = (budgets.tokens.access + budgets.keys.keptAfterExpiry) / 1000;

/** Reads the keys, and makes the first one where there is none. */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { db, sealer, log } = options;
  let keys = new Map<string, LoadedKey>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  const loadKey = async (stored: StoredKey): Promise<LoadedKey> => {
    const signsFrom = performance.now() + stored.secondsUntilSigning * 1000;
    const known = keys.get(stored.kid);
    if (known) return { ...known, signsFrom };
    const opened = sealer.open(stored.sealedPrivateKey, stored.kid);
    return {
      kid: stored.kid,
      x: stored.publicKey,
      verifies: await importPublicKey(stored.publicKey),
      signs: opened && importPrivateKey(stored.publicKey, opened.plain),
      signsFrom,
    };
  };
  const load = async () => {
    const startedAt = performance.now();
    const loaded = await Promise.all((await listSigningKeys(db)).map(loadKey));
    keys = new Map(loaded.map((key) => [key.kid, key]));
    loadedAt = startedAt;
  };
  const reload = () => {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  };
  const freshen = async () => {
    if (performance.now() - loadedAt > budgets.keys.fresh) await reload();
  };

  /** What `decide` says is done under the lock; answers the id of the key that it made. */
  const change = async (
    decide: (stored: StoredKey[]) => { leadSeconds: number } | undefined,
  ): Promise<string | undefined> => {
    const made = await db.transaction().execute(async (trx) => {
      await lockSigningKeys(trx);
      await deleteRetiredKeys(trx, retiredAfterSeconds);
      const wanted = decide(await listSigningKeys(trx));
      if (!wanted) return undefined;
      const key = await makeSigningKey(sealer);
      await insertSigningKey(trx, key, wanted.leadSeconds);
      return key.kid;
    });
    // A reading that was under way may be older than the change.
    await loading?.catch(() => undefined);
    await reload();
    return made;
  };

  let isReplacement = false;
  const first = await change((stored) => {
    if (stored.some((key) => sealer.open(key.sealedPrivateKey, key.kid))) return undefined;
    isReplacement = stored.length > 0;
    // No other could sign until it does.
    return { leadSeconds: 0 };
  });
  if (first && isReplacement) {
    log.warn({ kid: first }, "no signing key opens with SERVICE_SECRET: a new one signs");
  } else if (first) log.info({ kid: first }, "made the first signing key");
  await resealAll(db, sealer);
  const timer = setInterval(() => {
    reload().catch((err: unknown) => log.debug({ err }, "signing keys could not be read"));
  }, budgets.keys.reload).unref();

  return {
    current() {
      const now = performance.now();
      const usable = [...keys.values()].flatMap(({ kid, signs, signsFrom }) =>
        signs ? [{ kid, signs, signsFrom }] : [],
      );
      const [newest] = usable
        .filter((key) => key.signsFrom <= now)
        .sort((a, b) => b.signsFrom - a.signsFrom);
      if (!newest) throw new AppError("UNAVAILABLE");
      return newest;
    },
    async find(kid) {
      if (!keys.has(kid)) await freshen();
      return keys.get(kid)?.verifies;
    },
    async published() {
      await freshen();
      return [...keys.values()];
    },
    async rotate() {
      const kid = await change(() => ({ leadSeconds: options.leadSeconds }));
      if (!kid) throw new Error("no key was made");
      log.info({ kid }, "made a signing key");
      return kid;
    },
    async renew() {
      const kid = await change((stored) => {
        const isTooOld = stored.every((key) => key.ageSeconds > maxAgeSeconds);
        return isTooOld ? { leadSeconds: options.leadSeconds } : undefined;
      });
      if (kid) log.info({ kid }, "made a signing key: the newest was too old");
    },
    close: () => clearInterval(timer),
  };
}

/** Seals with the first secret what an older one has sealed, so that the older can go. */
async function resealAll(db: Db, sealer: Sealer): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockSigningKeys(trx);
    for (const { kid, sealedPrivateKey } of await listSigningKeys(trx)) {
      const opened = sealer.open(sealedPrivateKey, kid);
      if (opened && !opened.isCurrent) {
        await resealSigningKey(trx, kid, sealer.seal(opened.plain, kid));
      }
    }
  });
}
