import { createClient } from "@connectrpc/connect";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { budgets } from "#common/budgets.ts";
import { localUrl } from "#common/config.ts";
import { withDeadline } from "#common/deadline.ts";
import { createOperations } from "#common/http/operations.ts";
import { createOriginRule } from "#common/http/origin.ts";
import { createCounters } from "#common/limits.ts";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { openRedis, redisPlaceOf } from "#common/redis.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import { createSessionGuard } from "#common/sessions/session-guard.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { openTracing } from "#rpc";
import type { MessageConfig } from "./config.ts";
import type { MessageContext, MessageOverrides } from "./context.ts";
import { createUsers } from "./members/users.ts";
import { createDelivery } from "./realtime/delivery.ts";
import { startPolling } from "./realtime/follower.ts";
import { createHints } from "./realtime/hints.ts";
import { createMemberships } from "./realtime/memberships.ts";
import { createRoomMessages } from "./realtime/room-messages.ts";
import { createTyping } from "./realtime/typing.ts";
import { createChatServer } from "./socket/chat-server.ts";
import { createSessionCuts } from "./socket/door/cuts.ts";
import { openStore } from "./store/open-store.ts";

/**
 * Makes everything that the service's parts use.
 * @param stack closes what is opened, the last first
 * @throws StartError where the database stays away
 */
export async function createMessageContext(
  config: MessageConfig,
  stack: AsyncDisposableStack,
  overrides: MessageOverrides = {},
): Promise<MessageContext> {
  const log = overrides.log ?? createLogger("message", config.logLevel);
  const metrics = createMetrics("message");
  const tracing = stack.use(await openTracing("message", budgets.drain.tracing));
  const conflicts = metrics.counter("append_conflicts", "Batches whose numbers were taken");
  const store = stack.adopt(
    overrides.store ?? (await openStore(config, log, () => conflicts.inc())),
    // A database that hangs must not keep the process from ending.
    (it) => withDeadline(it[Symbol.asyncDispose](), budgets.drain.database, () => undefined),
  );

  const serviceTokens = createServiceTokens("message", config.serviceSecrets);
  const authClient = createRpcClient({
    url: config.authUrl,
    audience: "auth",
    serviceTokens,
    tracing,
  });
  stack.defer(() => authClient.close());
  const auth = createClient(AuthService, authClient.transport);
  const users = createUsers(auth);
  const place = redisPlaceOf(config);
  const counters = createCounters(place);
  stack.defer(() => counters.close());

  const originRule = createOriginRule({
    ...config,
    ownOrigins: [localUrl("localhost", config.httpPort), localUrl(config.host, config.httpPort)],
  });
  const io = createChatServer(originRule);
  const redis = place && openRedis(place.url, log);
  if (redis) {
    stack.defer(() => redis.close());
    io.adapter(
      createShardedAdapter(redis.commands, redis.subscriptions, {
        channelPrefix: `${place.prefix}:socket.io`,
        // A room of its own for each user and session would be a subscription each.
        subscriptionMode: "static",
      }),
    );
  }
  const isHinted = redis?.isReady ?? (() => false);

  const delivery = createDelivery(io);
  const typing = createTyping({ io, users, delivery, isHinted });
  const hints = createHints(io, isHinted);
  const messages = stack.use(
    createRoomMessages({
      io,
      store,
      delivery,
      announce: hints.announcer("messages"),
      log,
      metrics,
    }),
  );
  const memberships = stack.use(
    createMemberships({
      io,
      store,
      messages,
      delivery,
      announce: hints.announcer("memberships"),
      log,
    }),
  );
  hints.listen("messages", messages.hint);
  hints.listen("memberships", memberships.hint);
  const failed = metrics.counter("polls_failed", "Times that the store could not be polled");
  // Each in its own rhythm: neither waits for the other.
  for (const { poll } of [messages, memberships]) {
    stack.use(
      startPolling({
        pauseMs: () => (isHinted() ? budgets.delivery.poll : budgets.delivery.pollWithoutHints),
        ask: poll,
        onFailure(error) {
          failed.inc();
          log.warn({ err: error }, "the store was not polled");
        },
      }),
    );
  }

  const cuts = createSessionCuts(io, metrics);
  const feed = startRevocationFeed({
    auth,
    log,
    onEnded: cuts.sessionsEnded,
    onReset: cuts.feedReset,
    onUsersChanged: (userIds) => users.forget(userIds),
  });
  stack.defer(() => feed.close());
  const guard = createSessionGuard(auth, feed);

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
  return {
    config,
    log,
    metrics,
    tracing,
    store,
    auth,
    serviceTokens,
    feed,
    guard,
    users,
    originRule,
    io,
    delivery,
    messages,
    memberships,
    typing,
    operations,
    counters,
    isHinted,
  };
}
