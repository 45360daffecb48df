import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { AuthService, WatchRevocationsResponse } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { budgets } from "../budgets.ts";
import { pause } from "../deadline.ts";
import type { Logger } from "../log.ts";
import { isUnknownThere } from "../rpc/client.ts";

export interface RevocationFeedOptions {
  auth: Pick<Client<typeof AuthService>, "watchRevocations">;
  log: Logger;
  /** Sessions that have just ended. */
  onEnded?: (sessionIds: string[], endedAt: number) => void;
  /** Users whose names, or whether they show their presence, have just changed. */
  onUsersChanged?: (userIds: string[]) => void;
  /** Those of them whose names have, after that. */
  onUsersRenamed?: (userIds: string[]) => void;
  /** More was missed than the auth service keeps. */
  onReset?: () => void;
}

/** Which sessions have ended, as far as this process knows. */
export interface RevocationFeed {
  /** Whether the feed is at most 750 ms behind; otherwise ask the auth service itself. */
  isFresh: () => boolean;
  /** Whether the auth service doesn't know this one, so that nothing can be asked of it. */
  isRefused: () => boolean;
  hasEnded: (sessionId: string) => boolean;
  /** Takes sessions for ended at once, before the feed says so. */
  markEnded: (sessionIds: readonly string[]) => void;
  close: () => void;
}

const { stale, silence: silenceMs, stream, firstReconnect } = budgets.revocation;
const longestReconnectMs = 1_000;
/** An ended session is remembered while an access token of it can still be valid. */
const rememberMs = budgets.tokens.access + budgets.revocation.rememberedAfterExpiry;

/** Follows `WatchRevocations` from a cursor, for as long as the process lives. */
export function startRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const closing = new AbortController();
  const ended = new Map<string, number>();
  let cursor: string | undefined;
  let freshAt = Number.NEGATIVE_INFINITY;
  let isRefused = false;

  const markEnded = (sessionIds: readonly string[]) => {
    for (const id of sessionIds) ended.set(id, performance.now() + rememberMs);
  };
  const take = (event: WatchRevocationsResponse) => {
    isRefused = false;
    cursor = event.cursor;
    if (event.reset) options.onReset?.();
    if (event.endedSessions.length > 0) {
      const ids = event.endedSessions.map((it) => it.sessionId);
      markEnded(ids);
      const times = event.endedSessions.map((it) => (it.endedAt ? timestampMs(it.endedAt) : 0));
      options.onEnded?.(ids, Math.min(...times));
    }
    if (event.changedUserIds.length > 0) options.onUsersChanged?.(event.changedUserIds);
    if (event.renamedUserIds.length > 0) options.onUsersRenamed?.(event.renamedUserIds);
    if (event.caughtUp) freshAt = performance.now();
  };
  const follow = async () => {
    const silence = new AbortController();
    const expectMore = () => setTimeout(() => silence.abort(), silenceMs);
    let timer = expectMore();
    const limit = setTimeout(() => silence.abort(), stream);
    try {
      const signal = AbortSignal.any([closing.signal, silence.signal]);
      const request = cursor === undefined ? {} : { cursor };
      for await (const event of options.auth.watchRevocations(request, { signal, timeoutMs: 0 })) {
        clearTimeout(timer);
        timer = expectMore();
        take(event);
      }
    } finally {
      clearTimeout(timer);
      clearTimeout(limit);
    }
  };
  const report = (error: unknown) => {
    if (!isUnknownThere(error)) {
      options.log.debug({ err: error }, "the revocation feed was cut");
    } else if (!isRefused) {
      isRefused = true;
      options.log.warn("auth doesn't know this service: SERVICE_SECRET, or their clocks, differ");
    }
  };
  const run = async () => {
    let pauseMs: number = firstReconnect;
    while (!closing.signal.aborted) {
      const cursorBefore = cursor;
      await follow().catch((error: unknown) => {
        if (!closing.signal.aborted) report(error);
      });
      pauseMs =
        cursor === cursorBefore ? Math.min(pauseMs * 2, longestReconnectMs) : firstReconnect;
      await pause(pauseMs, closing.signal);
    }
  };
  const pruning = setInterval(() => {
    for (const [id, until] of ended) if (until < performance.now()) ended.delete(id);
  }, 60_000).unref();
  run().catch((error: unknown) => options.log.error({ err: error }, "the revocation feed ended"));

  return {
    isFresh: () => performance.now() - freshAt < stale,
    isRefused: () => isRefused,
    hasEnded: (sessionId) => ended.has(sessionId),
    markEnded,
    close() {
      clearInterval(pruning);
      closing.abort();
    },
  };
}
