import { randomBytes } from "node:crypto";
import { hash, parseOptions, verify } from "@node-rs/argon2";
import { budgets } from "#common/budgets.ts";
import { createGate, type Place } from "./gate.ts";

/** What a hash costs: memory in KiB, and passes. */
export interface PasswordCost {
  memoryCost: number;
  timeCost: number;
}

/** OWASP's first choice of argon2id parameters with one lane and 19 MiB. */
export const defaultPasswordCost: PasswordCost = { memoryCost: 19_456, timeCost: 2 };

/** Hashes and checks passwords by argon2id, two at once, so that the machine stays usable. */
export interface Passwords {
  /** Takes a place in the queue. @throws AppError BUSY where it is too long */
  queueUp: () => Hasher;
  /** Whether a hash costs less than one made today. */
  isOutdated: (stored: string) => boolean;
  /** How many wait to be hashed. */
  waiting: () => number;
}

/** A place in the queue; to be disposed when no more is to be hashed. */
export interface Hasher extends Pick<Place, "inTime" | "goFirst" | typeof Symbol.dispose> {
  /** A PHC string. @throws AppError BUSY */
  hash: (password: string) => Promise<string>;
  /** Against no hash it takes just as long, and fails. @throws AppError BUSY */
  verify: (stored: string | undefined, password: string) => Promise<boolean>;
}

const atOnce = 2;

export async function createPasswords(cost: PasswordCost): Promise<Passwords> {
  const gate = createGate({ atOnce, maxWaitMs: budgets.answer.passwordQueue });
  const options = { ...cost, parallelism: 1 };
  const placeholder = await hash(randomBytes(32), options);
  return {
    queueUp() {
      const place = gate.enter();
      return {
        hash: (password) => place.run(() => hash(normalize(password), options)),
        async verify(stored, password) {
          const isRight = await place.run(() => verify(stored ?? placeholder, normalize(password)));
          return isRight && stored !== undefined;
        },
        inTime: place.inTime,
        goFirst: place.goFirst,
        [Symbol.dispose]: place[Symbol.dispose],
      };
    },
    isOutdated(stored) {
      const { memoryCost, timeCost } = parseOptions(stored);
      return memoryCost < cost.memoryCost || timeCost < cost.timeCost;
    },
    waiting: gate.waiting,
  };
}

/** Keyboards write the same letter in different ways (NIST SP 800-63B, 3.1.1.2). */
function normalize(password: string): string {
  return password.normalize("NFKC");
}
