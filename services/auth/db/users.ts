import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Insertable, type Selectable, sql } from "kysely";
import { createGather } from "#common/gather.ts";
import { type Given, isUniqueViolation, statement } from "#common/postgres.ts";
import {
  type User,
  UserSchema,
  type UserSummary,
  UserSummarySchema,
} from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { AuthDatabase, Db, UserRow } from "./tables.ts";

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

export const profileColumns = [
  "id",
  "username",
  "email",
  "firstName",
  "lastName",
  "showPresence",
  "createdAt",
  "updatedAt",
] as const;

const credentialColumns = [...profileColumns, "passwordHash", "passwordVersion"] as const;

export type NewUser = Omit<Insertable<UsersTable>, "id" | "passwordVersion" | "showPresence">;

/** @throws a unique violation, see `takenFieldOf` */
export const insertUser = statement((db: Db, given: Given<NewUser>) =>
  db
    .insertInto("users")
    .values({
      username: given("username"),
      usernameKey: given("usernameKey"),
      email: given("email"),
      emailKey: given("emailKey"),
      firstName: given("firstName"),
      lastName: given("lastName"),
      passwordHash: given("passwordHash"),
    })
    .returning(credentialColumns),
);

export const findCredentials = statement((db: Db, given: Given<{ id: string }>) =>
  db.selectFrom("users").select(credentialColumns).where("id", "=", given("id")),
);

/** Who signs in, and whether they have before from `client`, see `clientKeyOf`. */
const findLoginBy = (column: "emailKey" | "usernameKey") =>
  statement((db: Db, given: Given<{ key: string; client: string }>) =>
    db
      .selectFrom("users")
      .select(credentialColumns)
      .select((eb) =>
        eb
          .exists(
            eb
              .selectFrom("knownClients")
              .select("knownClients.userId")
              .whereRef("knownClients.userId", "=", "users.id")
              .where("knownClients.client", "=", given("client")),
          )
          .$castTo<boolean>()
          .as("isKnownClient"),
      )
      .where(column, "=", given("key")),
  );

export const findLogin = { email: findLoginBy("emailKey"), username: findLoginBy("usernameKey") };

/** Keeps other transactions from changing the user until this one ends. */
export const lockUser = statement((db: Db, given: Given<{ id: string }>) =>
  db.selectFrom("users").select(credentialColumns).where("id", "=", given("id")).forUpdate(),
);

/** Null where it stays as it is. */
type Changes = Record<Exclude<keyof NewUser, "passwordHash">, string | null> & {
  showPresence: boolean | null;
};

/** @throws a unique violation, see `takenFieldOf` */
export const updateUser = statement((db: Db, given: Given<Changes & { id: string }>) =>
  db
    .updateTable("users")
    .set(({ fn }) => ({
      username: fn.coalesce(given("username"), "username"),
      usernameKey: fn.coalesce(given("usernameKey"), "usernameKey"),
      email: fn.coalesce(given("email"), "email"),
      emailKey: fn.coalesce(given("emailKey"), "emailKey"),
      firstName: fn.coalesce(given("firstName"), "firstName"),
      lastName: fn.coalesce(given("lastName"), "lastName"),
      showPresence: fn.coalesce(given("showPresence"), "showPresence"),
      updatedAt: sql<Date>`clock_timestamp()`,
    }))
    .where("id", "=", given("id"))
    .returning(profileColumns),
);

export const updatePassword = statement((db: Db, given: Given<{ id: string; hash: string }>) =>
  db
    .updateTable("users")
    .set((eb) => ({ passwordHash: given("hash"), passwordVersion: eb("passwordVersion", "+", 1) }))
    .where("id", "=", given("id")),
);

/** Puts the same password's hash with newer parameters in the place of the old one. */
export const replaceHash = statement(
  (db: Db, given: Given<{ id: string; old: string; hash: string }>) =>
    db
      .updateTable("users")
      .set({ passwordHash: given("hash") })
      .where("id", "=", given("id"))
      .where("passwordHash", "=", given("old")),
);

const summaryColumns = ["id", "username", "firstName", "lastName", "showPresence"] as const;
type SummaryRow = Pick<Selectable<UsersTable>, (typeof summaryColumns)[number]>;

const listByNames = statement((db: Db, given: Given<{ keys: string[] }>) =>
  db
    .selectFrom("users")
    .select([...summaryColumns, "usernameKey"])
    .where("usernameKey", "=", sql<string>`any(${given("keys")}::text[])`),
);

const listByIds = statement((db: Db, given: Given<{ ids: string[] }>) =>
  db
    .selectFrom("users")
    .select(summaryColumns)
    .where("id", "=", sql<string>`any(${given("ids")}::bigint[])`),
);

/** Finds what all may know of users. */
export interface UserFinder {
  /** By the key of a username. */
  named: (usernameKey: string) => Promise<SummaryRow | undefined>;
  /** Those that there are of many. */
  byIds: (ids: readonly string[]) => Promise<SummaryRow[]>;
}

/** Users who are looked for in the same moment are read together. */
export function createUserFinder(db: Db): UserFinder {
  return {
    named: createGather({
      async ask(keys: string[]) {
        const rows = await listByNames(db, { keys: [...new Set(keys)] });
        const found = new Map(rows.map((row) => [row.usernameKey, row]));
        return (key) => found.get(key);
      },
    }),
    byIds: createGather({
      async ask(lists: (readonly string[])[]) {
        const rows = await listByIds(db, { ids: [...new Set(lists.flat())] });
        const found = new Map(rows.map((row) => [row.id, row]));
        return (ids) => ids.flatMap((id) => found.get(id) ?? []);
      },
    }),
  };
}

/** Users with higher ids than `afterId`, by id. */
export const listUsers = statement((db: Db, given: Given<{ afterId: string; limit: number }>) =>
  db
    .selectFrom("users")
    .select(profileColumns)
    .where("id", ">", given("afterId"))
    .orderBy("id")
    .limit(given("limit")),
);

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
    showPresence: row.showPresence,
  });
}

export function rowToSummary(row: SummaryRow): UserSummary {
  return create(UserSummarySchema, { id: row.id, username: row.username, name: nameOf(row) });
}

function nameOf({ firstName, lastName }: Pick<UserRow, "firstName" | "lastName">): string {
  return `${firstName} ${lastName}`;
}
