import { randomUUID } from "node:crypto";
import type { ClientInfo } from "#common/rpc/caller.ts";
import type { AuthConfig } from "../config.ts";
import { insertSession, type SessionTerms } from "../db/sessions.ts";
import type { Trx } from "../db/tables.ts";
import { makeRefreshToken, type RefreshToken } from "./tokens.ts";

/** A session that has just begun, with the token that goes on with it. */
export interface StartedSession {
  session: SessionTerms;
  refresh: RefreshToken;
}

const maxDeviceLength = 200;

/** Starts a session of a user on the device that the client says it is. */
export async function startSession(
  trx: Trx,
  config: Pick<AuthConfig, "sessionMaxDays">,
  userId: string,
  client: ClientInfo,
): Promise<StartedSession> {
  const refresh = makeRefreshToken();
  const session = await insertSession(trx, {
    id: randomUUID(),
    userId,
    device: deviceOf(client),
    refreshHash: refresh.hash,
    maxDays: config.sessionMaxDays,
  });
  return { session, refresh };
}

function deviceOf({ device }: ClientInfo): string | null {
  return [...(device ?? "").trim()].slice(0, maxDeviceLength).join("") || null;
}
