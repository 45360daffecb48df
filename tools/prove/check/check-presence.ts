import type { ClientLog, Presence, StoredUser } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** Everybody sees everybody as they are: online by any of their clients, and not by who blocks. */
export function checkPresence(
  clients: readonly ClientLog[],
  users: readonly StoredUser[],
  findings: Findings,
): void {
  const statuses = new Map<string, Presence>();
  for (const { userId, status } of clients) {
    if (statuses.get(userId) !== "online") statuses.set(userId, status);
  }
  const blocked = new Set(users.flatMap((it) => it.blocked.map((id) => `${it.userId} ${id}`)));
  for (const { client, userId, presences } of clients) {
    for (const [otherId, status] of statuses) {
      const expected = blocked.has(`${otherId} ${userId}`) ? "offline" : status;
      const shown = presences[otherId];
      if (shown === expected) continue;
      findings.add("wrongPresence", `${client}: user ${otherId} is ${expected}, shown ${shown}`);
    }
  }
}
