import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { isUniqueViolation } from "#common/postgres.ts";
import {
  type User,
  UserSchema,
  type UserSummary,
  UserSummarySchema,
} from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { AuthDatabase, Db, Trx, UserRow } from "./tables.ts";

/** Nobody's login is longer, as typed; normalising could make it eighteen times as long. */
export const maxLoginLength = 254;
/** Longer keys than this can't be indexed; normalising makes some texts much longer. */
export const maxLoginKeyLength = 320;

/**
 * The form of a username or email address by which it is unique and found: compatible
 * characters are one (NFKC), and so are letters of either case. Upper case comes first
 * because some letters, such as the Greek sigma, have two lower forms; by it "ß" is "ss".
 */
export function loginKey(login: string): string {
  return login.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

type UsersTable = AuthDatabase["users"];

/** What is shown of a user, to the user alone. */
export type ProfileRow = Omit<
  UserRow,
  "usernameKey" | "emailKey" | "passwordHash" | "passwordVersion"
>;

/** What a password is judged by. */
export type CredentialRow = ProfileRow & Pick<UserRow, "passwordHash" | "passwordVersion">;

/** A user who may be the one who signs in. */
export type LoginRow = CredentialRow & { isKnownClient: boolean };

const profileColumns = [
  "id",
  "username",
  "email",
  "firstName",
  "lastName",
  "createdAt",
  "updatedAt",
] as const;

const credentialColumns = [...profileColumns, "passwordHash", "passwordVersion"] as const;

export type NewUser = Omit<Insertable<UsersTable>, "id" | "passwordVersion">;

/** @throws a unique violation, see `takenFieldOf` */
export function insertUser(db: Db | Trx, user: NewUser): Promise<CredentialRow> {
  return db.insertInto("users").values(user).returning(credentialColumns).executeTakeFirstOrThrow();
}

export function findCredentials(db: Db, id: string): Promise<CredentialRow | undefined> {
  return db.selectFrom("users").select(credentialColumns).where("id", "=", id).executeTakeFirst();
}

/** Who signs in, and whether they have before from `client`, see `clientKeyOf`. */
export function findLogin(
  db: Db,
  by: { emailKey: string } | { usernameKey: string },
  client: string,
): Promise<LoginRow | undefined> {
  const query = db
    .selectFrom("users")
    .select(credentialColumns)
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom("knownClients")
            .select("knownClients.userId")
            .whereRef("knownClients.userId", "=", "users.id")
            .where("knownClients.client", "=", client),
        )
        .$castTo<boolean>()
        .as("isKnownClient"),
    );
  return "emailKey" in by
    ? query.where("emailKey", "=", by.emailKey).executeTakeFirst()
    : query.where("usernameKey", "=", by.usernameKey).executeTakeFirst();
}

export function findProfile(db: Db, userId: string): Promise<ProfileRow | undefined> {
  return db.selectFrom("users").select(profileColumns).where("id", "=", userId).executeTakeFirst();
}

/** Keeps other transactions from changing the user until this one ends. */
export function lockUser(trx: Trx, userId: string): Promise<CredentialRow | undefined> {
  return trx
    .selectFrom("users")
    .select(credentialColumns)
    .where("id", "=", userId)
    .forUpdate()
    .executeTakeFirst();
}

/** @throws a unique violation, see `takenFieldOf` */
export function updateUser(
  trx: Trx,
  userId: string,
  changes: Pick<
    Updateable<UsersTable>,
    "username" | "usernameKey" | "email" | "emailKey" | "firstName" | "lastName"
  >,
): Promise<ProfileRow> {
  return trx
    .updateTable("users")
    .set({ ...changes, updatedAt: sql<Date>`clock_timestamp()` })
    .where("id", "=", userId)
    .returning(profileColumns)
    .executeTakeFirstOrThrow();
}

export async function updatePassword(trx: Trx, userId: string, hash: string): Promise<void> {
  await trx
    .updateTable("users")
    .set((eb) => ({ passwordHash: hash, passwordVersion: eb("passwordVersion", "+", 1) }))
    .where("id", "=", userId)
    .execute();
}

/** Puts the same password's hash with newer parameters in the place of the old one. */
export async function replaceHash(db: Db, user: CredentialRow, hash: string): Promise<void> {
  await db
    .updateTable("users")
    .set({ passwordHash: hash })
    .where("id", "=", user.id)
    .where("passwordHash", "=", user.passwordHash)
    .execute();
}

export function findUserByUsername(db: Db, usernameKey: string): Promise<SummaryRow | undefined> {
  return db
    .selectFrom("users")
    .select(summaryColumns)
    .where("usernameKey", "=", usernameKey)
    .executeTakeFirst();
}

export function listSummaries(db: Db, userIds: string[]): Promise<SummaryRow[]> {
  return db
    .selectFrom("users")
    .select(summaryColumns)
    .where("id", "=", sql<string>`any(${userIds}::bigint[])`)
    .execute();
}

/** Users with higher ids than `afterId`, by id. */
export function listUsers(db: Db, afterId: string, limit: number): Promise<ProfileRow[]> {
  return db
    .selectFrom("users")
    .select(profileColumns)
    .where("id", ">", afterId)
    .orderBy("id")
    .limit(limit)
    .execute();
}

const summaryColumns = ["id", "username", "firstName", "lastName"] as const;
type SummaryRow = Pick<Selectable<UsersTable>, (typeof summaryColumns)[number]>;

/** The field that a unique violation is about; undefined for any other error. */
export function takenFieldOf(error: unknown): "username" | "email" | undefined {
  if (isUniqueViolation(error, "users_username_key")) return "username";
  if (isUniqueViolation(error, "users_email_key")) return "email";
  return undefined;
}

/** Whether a text can be a user's id: digits of a bigint. */
export function isUserId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= 0x7fffffffffffffffn;
}

export function rowToUser(row: ProfileRow): User {
  return create(UserSchema, {
    id: row.id,
    username: row.username,
    email: row.email,
    firstName: row.firstName,
    lastName: row.lastName,
    name: nameOf(row),
    roles: ["user"],
    createdAt: timestampFromDate(row.createdAt),
    updatedAt: timestampFromDate(row.updatedAt),
  });
}

export function rowToSummary(row: SummaryRow): UserSummary {
  return create(UserSummarySchema, { id: row.id, username: row.username, name: nameOf(row) });
}

function nameOf({ firstName, lastName }: Pick<UserRow, "firstName" | "lastName">): string {
  return `${firstName} ${lastName}`;
}
