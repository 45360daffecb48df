import type { ShownMessage } from "@aetherconnect/client";

/**
 * The user's last message, to be edited. None while that isn't stored: it can't be edited yet, and
 * the one before it isn't meant.
 */
export function lastOwn(messages: readonly ShownMessage[], myId: string): ShownMessage | undefined {
  const own = messages.findLast((it) => it.userId === myId && !it.deletedAt);
  return own?.status ? undefined : own;
}
