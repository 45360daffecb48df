import { createClient } from "@connectrpc/connect";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { createOperations } from "#common/http/operations.ts";
import { createOriginRule } from "#common/http/origin.ts";
import { localUrl } from "#common/lifecycle.ts";
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
import { createBlocks } from "./blocks/blocks.ts";
import type { MessageConfig } from "./config.ts";
import type { MessageContext, MessageOverrides } from "./context.ts";
import { createUsers } from "./members/users.ts";
import { createDelivery } from "./realtime/delivery.ts";
import { startPolling } from "./realtime/follower.ts";
import { createHints } from "./realtime/hints.ts";
import { createMemberships } from "./realtime/memberships.ts";
import { createMentions } from "./realtime/mentions.ts";
import { createPresence } from "./realtime/presence.ts";
import { createReads } from "./realtime/reads.ts";
import { createReceipts } from "./realtime/receipts.ts";
import { createRoomMessages } from "./realtime/room-messages.ts";
import { createRoomNotices, type RoomNotices } from "./realtime/room-notices.ts";
import { createRoomWatch } from "./realtime/room-watch.ts";
import { createTyping } from "./realtime/typing.ts";
import { withDirectNames } from "./rooms/direct-names.ts";
import { keepSearchable } from "./search/keep-searchable.ts";
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
  const opened = stack.adopt(
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
  const store = withDirectNames(opened, users);
  const place = redisPlaceOf(config);
  const counters = await createCounters(place);
  stack.defer(() => counters.close());

  const originRule = createOriginRule({
    ...config,
    ownOrigins: [localUrl("localhost", config.httpPort), localUrl(config.host, config.httpPort)],
  });
  const io = createChatServer(originRule);
  const redis = place && (await openRedis(place.url, log));
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
  const hints = createHints(io, isHinted);
  const announceBlock = hints.announcer("blocks");
  const blocks = createBlocks({
    store,
    // All of a user's blocks are read anew: there is nothing to number.
    announce(userId) {
      announceBlock(userId, 1);
      presence.relationsChanged(userId);
    },
    isHinted,
  });
  const typing = createTyping({ io, users, blocks, delivery, isHinted });
  const onSeen: RoomNotices["seen"] = (...seen) => notices.seen(...seen);
  const watch = stack.use(createRoomWatch({ io, store, delivery, onSeen, log }));
  const receipts = stack.use(createReceipts({ io, store, delivery, blocks, isHinted, log }));
  const reads = stack.use(
    createReads({ io, store, delivery, receipts, announce: hints.announcer("reads"), log }),
  );
  const notices = stack.use(
    createRoomNotices({
      ...{ io, store, delivery, reads, isHinted, log },
      watchersOf: watch.watchersOf,
    }),
  );
  const mentions = stack.use(
    createMentions({ io, store, delivery, announce: hints.announcer("mentions"), log }),
  );
  const messages = stack.use(
    createRoomMessages({
      io,
      store,
      delivery,
      announce: hints.announcer("messages"),
      announceChange: hints.announcer("changes"),
      onMoved: watch.moved,
      onSeen,
      log,
      metrics,
    }),
  );
  const presence = stack.use(
    createPresence({
      io,
      store,
      users,
      blocks,
      delivery,
      announce: hints.announcer("presence"),
      log,
      times: { ...budgets.presence, ...overrides.presenceTimes },
    }),
  );
  const announceMembership = hints.announcer("memberships");
  const memberships = stack.use(
    createMemberships({
      io,
      store,
      messages,
      delivery,
      watch,
      announce(userId, number) {
        announceMembership(userId, number);
        presence.relationsChanged(userId);
      },
      log,
    }),
  );
  hints.listen("messages", messages.hint);
  hints.listen("changes", messages.hintChange);
  hints.listen("memberships", (userId, number) => {
    memberships.hint(userId, number);
    presence.relationsChanged(userId);
  });
  hints.listen("blocks", (userId) => {
    blocks.hint(userId);
    presence.relationsChanged(userId);
  });
  hints.listen("reads", reads.hint);
  hints.listen("mentions", mentions.hint);
  hints.listen("presence", presence.hint);
  const failed = metrics.counter("polls_failed", "Times that the store could not be polled");
  const { pollWithoutHints } = budgets.delivery;
  // Each in its own rhythm: none waits for another.
  for (const [{ poll }, pauseMs] of [
    [messages, pollWithoutHints],
    [memberships, pollWithoutHints],
    [reads, pollWithoutHints],
    [mentions, pollWithoutHints],
    [watch, pollWithoutHints],
    [presence, budgets.presence.poll],
  ] as const) {
    stack.use(
      startPolling({
        pauseMs: () => (isHinted() ? budgets.delivery.poll : pauseMs),
        ask: poll,
        onFailure(error) {
          failed.inc();
          log.warn({ err: error }, "the store was not polled");
        },
      }),
    );
  }

  stack.use(keepSearchable(store, log));

  const closing = new AbortController();
  stack.defer(() => closing.abort());
  /** What is said of a change must not be what was before it. */
  const whenRenewed = async (userIds: readonly string[], notify: () => void) => {
    await users.renewed(userIds, closing.signal);
    if (!closing.signal.aborted) notify();
  };
  const cuts = createSessionCuts(io, metrics);
  const feed = startRevocationFeed({
    auth,
    log,
    onEnded: cuts.sessionsEnded,
    onReset: cuts.feedReset,
    onUsersChanged(userIds) {
      users.forget(userIds);
      whenRenewed(userIds, () => userIds.forEach(presence.relationsChanged));
    },
    onUsersRenamed: (userIds) => whenRenewed(userIds, () => notices.renamed(userIds)),
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
    blocks,
    typing,
    reads,
    mentions,
    watch,
    notices,
    presence,
    operations,
    counters,
    isHinted,
  };
}
