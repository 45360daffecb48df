/** What prove does to the platform. */
export const faultKinds = [
  "kill-instance",
  "restart-instance",
  "add-instance",
  "kill-gateway",
  "kill-auth",
  "kill-postgres",
  "pause-instance",
  "pause-auth",
  "pause-redis",
  "kill-redis",
  "drop-connections",
  "lose-acks",
  "crash-before-broadcast",
  "lose-commit-answer",
  "lose-store",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export function isFaultKind(name: string): name is FaultKind {
  return faultKinds.some((kind) => kind === name);
}

/** Each fault in words, for the table. */
export const faultTitles: Record<FaultKind, string> = {
  "kill-instance": "kill -9 of a message instance",
  "restart-instance": "a message instance is restarted (SIGTERM)",
  "add-instance": "an instance is added, serves and goes",
  "kill-gateway": "kill -9 of the gateway",
  "kill-auth": "kill -9 of auth",
  "kill-postgres": "kill -9 of PostgreSQL",
  "pause-instance": "a message instance hangs (SIGSTOP)",
  "pause-auth": "auth hangs (SIGSTOP)",
  "pause-redis": "Redis hangs (SIGSTOP)",
  "kill-redis": "Redis gone and back",
  "drop-connections": "client connections cut",
  "lose-acks": "acknowledgements lost on the way",
  "crash-before-broadcast": "crash between commit and broadcast",
  "lose-commit-answer": "database connection lost in mid-commit",
  "lose-store": "the store can't be reached",
};
