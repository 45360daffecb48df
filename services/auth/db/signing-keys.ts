import { sql } from "kysely";
import { advisoryLocks, type Db, type SigningKeyRow, type Trx } from "./tables.ts";

/** A key as it is stored, with its times by the database's clock as spans from now. */
export interface StoredKey {
  kid: string;
  publicKey: string;
  sealedPrivateKey: string;
  ageSeconds: number;
  /** Zero or less: it may sign. */
  secondsUntilSigning: number;
}

/** One instance at a time makes, seals and removes keys. */
export async function lockSigningKeys(trx: Trx): Promise<void> {
  const { space, id } = advisoryLocks.signingKeys;
  await sql`select pg_advisory_xact_lock(${sql.lit(space)}, ${sql.lit(id)})`.execute(trx);
}

/** All keys of which valid tokens may exist, the newest first. */
export function listSigningKeys(db: Db | Trx): Promise<StoredKey[]> {
  return db
    .selectFrom("signingKeys")
    .select(["kid", "publicKey", "sealedPrivateKey"])
    .select([
      sql<number>`extract(epoch from clock_timestamp() - created_at)::float8`.as("ageSeconds"),
      sql<number>`extract(epoch from signs_from - clock_timestamp())::float8`.as(
        "secondsUntilSigning",
      ),
    ])
    .orderBy("createdAt", "desc")
    .orderBy("kid")
    .execute();
}

export async function insertSigningKey(
  trx: Trx,
  key: Pick<SigningKeyRow, "kid" | "publicKey" | "sealedPrivateKey">,
  leadSeconds: number,
): Promise<void> {
  await trx
    .insertInto("signingKeys")
    .values({
      ...key,
      signsFrom: sql<Date>`clock_timestamp() + make_interval(secs => ${leadSeconds}::float8)`,
    })
    .execute();
}

export async function resealSigningKey(
  trx: Trx,
  kid: string,
  sealedPrivateKey: string,
): Promise<void> {
  await trx.updateTable("signingKeys").set({ sealedPrivateKey }).where("kid", "=", kid).execute();
}

/** Removes keys whose successor has signed for so long that no token of theirs can be valid. */
export async function deleteRetiredKeys(trx: Trx, tokenLifeSeconds: number): Promise<void> {
  await sql`
    delete from auth.signing_keys old
    where exists (
      select from auth.signing_keys newer
      where newer.created_at > old.created_at
        and newer.signs_from < now() - make_interval(secs => ${tokenLifeSeconds}::int)
    )`.execute(trx);
}
