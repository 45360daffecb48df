import type { ColumnType, Generated, Kysely, Selectable, Transaction } from "kysely";

/** The PostgreSQL schema of this service; nobody else reads it. */
export const schema = "auth";

/** The channel on which changes of `revocations` are noticed. */
export const revocationsChannel = "auth_revocations";

/** Keys of the advisory locks: the first number is ours, the second says what for. */
export const advisoryLocks = {
  revocations: { space: 0x61757468, id: 1 },
  signingKeys: { space: 0x61757468, id: 2 },
} as const;

/** Written by the database's clock alone. */
type Moment = ColumnType<Date, never, never>;

interface UsersTable {
  /** A bigint, as text. */
  id: Generated<string>;
  username: string;
  /** The form that is unique: see `loginKey`. */
  usernameKey: string;
  email: string;
  emailKey: string;
  firstName: string;
  lastName: string;
  /** A PHC string. */
  passwordHash: string;
  /** Counts changes of the password (not of its hash's parameters). */
  passwordVersion: Generated<number>;
  showPresence: Generated<boolean>;
  createdAt: Moment;
  updatedAt: ColumnType<Date, never, Date>;
}

interface SessionsTable {
  id: string;
  userId: string;
  device: string | null;
  /** SHA-256 of the one refresh token that works. */
  refreshHash: string;
  refreshExpiresAt: Date;
  /** What the current one replaced, and when. */
  previousHash: string | null;
  replacedAt: Date | null;
  /** Successful rotations since `rotationsSince`. */
  rotations: Generated<number>;
  rotationsSince: Date | null;
  createdAt: Moment;
  lastUsedAt: ColumnType<Date, never, Date>;
  /** The session ends then, whatever happens. */
  endsAt: Date;
  endedAt: Date | null;
}

/** Every refresh token that was issued, until it expires. */
interface RefreshTokensTable {
  hash: string;
  sessionId: string;
  expiresAt: Date;
}

/** What the feed tells: a session that has ended or a user whom others see otherwise. */
interface RevocationsTable {
  id: Generated<string>;
  sessionId: string | null;
  changedUserId: string | null;
  /** Whether their name has changed; null by a version that knew of no other change. */
  isRenamed: boolean | null;
  createdAt: Moment;
}

/** One row: how much of `revocations` has been removed. */
interface RevocationHorizonTable {
  prunedThrough: string;
}

interface SigningKeysTable {
  kid: string;
  /** base64url, as in a JWK. */
  publicKey: string;
  sealedPrivateKey: string;
  createdAt: Moment;
  /** From when on it signs; published before, so that verifiers know it by then. */
  signsFrom: Date;
}

/** Where a user has signed in from, so that others' guesses can't lock them out there. */
interface KnownClientsTable {
  userId: string;
  /** See `clientKeyOf`. */
  client: string;
  seenAt: Moment;
}

export interface AuthDatabase {
  users: UsersTable;
  sessions: SessionsTable;
  refreshTokens: RefreshTokensTable;
  revocations: RevocationsTable;
  revocationHorizon: RevocationHorizonTable;
  signingKeys: SigningKeysTable;
  knownClients: KnownClientsTable;
}

export type Db = Kysely<AuthDatabase>;
export type Trx = Transaction<AuthDatabase>;
export type UserRow = Selectable<UsersTable>;
export type SigningKeyRow = Selectable<SigningKeysTable>;
