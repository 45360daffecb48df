import { type Client, createClient } from "@connectrpc/connect";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { localUrl } from "#common/config.ts";
import { createOperations, type Operations } from "#common/http/operations.ts";
import { createOriginRule, type OriginRule } from "#common/http/origin.ts";
import { type Closers, createClosers } from "#common/lifecycle.ts";
import { type Counters, createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { openRedis } from "#common/redis.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { type RevocationFeed, startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import { createSessionGuard, type SessionGuard } from "#common/sessions/session-guard.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { MessageConfig } from "./config.ts";
import { createNames, type Names } from "./members/names.ts";
import { createAudience } from "./realtime/audience.ts";
import { createDelivery, type Delivery } from "./realtime/delivery.ts";
import { createFanout, type Fanout } from "./realtime/fanout.ts";
import { createHints, listenToHints } from "./realtime/hints.ts";
import { createMembership } from "./realtime/membership.ts";
import { createMembershipPoll } from "./realtime/membership-poll.ts";
import type { Membership } from "./realtime/membership-type.ts";
import { startPolling } from "./realtime/polling.ts";
import { createSessionCuts } from "./socket/door/session-cuts.ts";
import { createChatServer } from "./socket/engine/chat-server.ts";
import type { ChatServer } from "./socket/engine/types.ts";
import { openStore } from "./store/open-store.ts";
import type { MessageStore } from "./store/store.ts";

/** Everything that the message service's parts use. */
export interface MessageContext {
  config: MessageConfig;
  log: Logger;
  metrics: Metrics;
  closers: Closers;
  store: MessageStore;
  auth: Client<typeof AuthService>;
  serviceTokens: ServiceTokens;
  feed: RevocationFeed;
  guard: SessionGuard;
  names: Names;
  originRule: OriginRule;
  io: ChatServer;
  delivery: Delivery;
  fanout: Fanout;
  membership: Membership;
  operations: Operations;
  counters: Counters;
  /** Whether instances can tell each other something, by Redis. */
  isHinted: () => boolean;
}

/** What tests may put in the place of what the context makes. */
export interface MessageOverrides {
  log?: Logger;
  store?: MessageStore;
}

/** How often to ask the store what other instances have done; more often where hints are missing. */
const pollMs = { usual: 2_000, withoutHints: 1_000 };

/** @throws StartError where the database stays away */
export async function createMessageContext(
  config: MessageConfig,
  overrides: MessageOverrides = {},
): Promise<MessageContext> {
  const log = overrides.log ?? createLogger("message", config.logLevel);
  const metrics = createMetrics("message");
  const closers = createClosers((err) => log.warn({ err }, "closing failed"));
  const conflicts = metrics.counter("append_conflicts", "Batches whose numbers were taken");
  const store = overrides.store ?? (await openStore(config, log, () => conflicts.inc()));
  closers.add(() => store[Symbol.asyncDispose]());

  const serviceTokens = createServiceTokens("message", config.serviceSecrets);
  const authClient = createRpcClient({ url: config.authUrl, audience: "auth", serviceTokens });
  closers.add(() => authClient.close());
  const auth = createClient(AuthService, authClient.transport);
  const names = createNames(auth);

  const originRule = createOriginRule({
    ...config,
    ownOrigins: [localUrl("localhost", config.httpPort), localUrl(config.host, config.httpPort)],
  });
  const io = createChatServer(originRule);
  const delivery = createDelivery(io);
  const redis = config.redisUrl === undefined ? undefined : openRedis(config.redisUrl, log);
  if (redis) {
    closers.add(() => redis.close());
    // "static": a room of its own for each user and session would be a subscription each.
    const mode = { subscriptionMode: "static" } as const;
    io.adapter(createShardedAdapter(redis.commands, redis.subscriptions, mode));
  }
  const isHinted = () => redis?.isReady() ?? false;
  const hints = createHints(io, isHinted);
  const fanout = createFanout({
    store,
    audience: createAudience(io, delivery, (userId, roomId) =>
      membership.removedHere(userId, roomId),
    ),
    log,
    announce: hints.stored,
    metrics,
  });
  closers.add(() => fanout[Symbol.dispose]());
  const membership = createMembership({ io, store, fanout, delivery, hints });
  const pollMemberships = createMembershipPoll({ io, store, membership });
  const failed = metrics.counter("polls_failed", "Times that the store could not be polled");
  // Each in its own rhythm: neither waits for the other.
  for (const ask of [fanout.poll, pollMemberships]) {
    const polling = startPolling({
      pauseMs: () => (isHinted() ? pollMs.usual : pollMs.withoutHints),
      ask,
      onFailure(error) {
        failed.inc();
        log.warn({ err: error }, "the store was not polled");
      },
    });
    closers.add(() => polling[Symbol.dispose]());
  }
  if (redis) {
    listenToHints(io, {
      onStored: fanout.hint,
      onChanged: (change) =>
        membership.hinted(change).catch((error: unknown) => {
          log.warn({ err: error }, "a change of members is left to polling");
        }),
    });
  }

  const cuts = createSessionCuts(io, metrics);
  const feed = startRevocationFeed({
    auth,
    log,
    onEnded: cuts.sessionsEnded,
    onReset: cuts.feedReset,
    onUsersChanged: (userIds) => names.forget(userIds),
  });
  closers.add(() => feed.close());

  const operations = createOperations({
    dependencies: {
      [config.mongodbUri === undefined ? "postgres" : "mongodb"]: {
        isRequired: true,
        check: () => store.ping(),
      },
      auth: { isRequired: false, check: () => feed.isFresh() },
      ...(redis && { redis: { isRequired: false, check: redis.isReady } }),
    },
    metrics,
    metricsToken: config.metricsToken,
  });
  const guard = createSessionGuard(auth, feed);
  const counters = createCounters(config.redisUrl);
  closers.add(() => counters.close());
  return {
    config,
    log,
    metrics,
    closers,
    store,
    auth,
    serviceTokens,
    feed,
    guard,
    names,
    originRule,
    io,
    delivery,
    fanout,
    membership,
    operations,
    counters,
    isHinted,
  };
}
