import { randomUUID } from "node:crypto";
import { clientKeyOf } from "#common/http/client-address.ts";
import type { ClientInfo } from "#common/rpc/caller.ts";
import type { AuthConfig } from "../config.ts";
import { insertSession, type SessionTerms } from "../db/sessions.ts";
import type { Db, Trx, UserRow } from "../db/tables.ts";
import { makeRefreshToken, type RefreshToken } from "./tokens.ts";

/** A session that has just begun, with the token that goes on with it. */
export interface StartedSession {
  session: SessionTerms;
  refresh: RefreshToken;
}

const maxDeviceLength = 200;

/**
 * Starts a session of a user on the device that the client says it is; undefined if the
 * password was changed since it was judged.
 */
export async function startSession(
  db: Db | Trx,
  config: Pick<AuthConfig, "sessionMaxDays">,
  user: Pick<UserRow, "id" | "passwordVersion">,
  client: ClientInfo,
): Promise<StartedSession | undefined> {
  const refresh = makeRefreshToken();
  const [session] = await insertSession(db, {
    id: randomUUID(),
    userId: user.id,
    passwordVersion: user.passwordVersion,
    client: clientKeyOf(client.address),
    device: deviceOf(client),
    refreshHash: refresh.hash,
    maxDays: config.sessionMaxDays,
  });
  return session && { session, refresh };
}

function deviceOf({ device }: ClientInfo): string | null {
  return [...(device ?? "").trim()].slice(0, maxDeviceLength).join("") || null;
}
