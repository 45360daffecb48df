import { sql } from "kysely";
import type { Db, Trx } from "./tables.ts";

/** How long a client is known that doesn't sign in again. */
export const knownClientDays = 90;

/** Whether a user has signed in from there. @param client see `clientKeyOf` */
export async function isKnownClient(db: Db, userId: string, client: string): Promise<boolean> {
  const row = await db
    .selectFrom("knownClients")
    .select("userId")
    .where("userId", "=", userId)
    .where("client", "=", client)
    .executeTakeFirst();
  return row !== undefined;
}

/** Remembers where a user has signed in from; once a day is enough. */
export async function rememberClient(trx: Trx, userId: string, client: string): Promise<void> {
  await sql`
    insert into auth.known_clients as known (user_id, client) values (${userId}, ${client})
    on conflict (user_id, client) do update set seen_at = now()
    where known.seen_at < now() - interval '1 day'`.execute(trx);
}
