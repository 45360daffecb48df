import { createClient, type Transport } from "@connectrpc/connect";
import { budgets } from "#common/budgets.ts";
import { createOperations, type Operations } from "#common/http/operations.ts";
import { createOriginRule, type OriginRule } from "#common/http/origin.ts";
import { type Counter, createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { redisPlaceOf } from "#common/redis.ts";
import { type ClientOptions, createRpcClient } from "#common/rpc/client.ts";
import { type RevocationFeed, startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import { createSessionGuard, type SessionGuard } from "#common/sessions/session-guard.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { Health, HealthCheckResponse_ServingStatus, openTracing, type Tracing } from "#rpc";
import type { GatewayConfig } from "./config.ts";
import { createSocketProxy, type SocketProxy } from "./socket-proxy.ts";
import { noteEndedSessions, roundRobin, type Upstream, upstreamsOf } from "./upstreams.ts";

/** Everything that the gateway's parts use. */
export interface GatewayContext {
  config: GatewayConfig;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing | undefined;
  auth: Transport;
  upstreams: Upstream[];
  feed: RevocationFeed;
  guard: SessionGuard;
  serviceTokens: ServiceTokens;
  originRule: OriginRule;
  /** Requests a minute, by session or client. */
  requests: Counter;
  sockets: SocketProxy;
  operations: Operations;
}

/** What tests may put in the place of what the context makes. */
export interface GatewayOverrides {
  log?: Logger;
  /** Further services to serve. */
  upstreams?: Upstream[];
}

/** Makes everything; what must be closed goes on the stack. */
export async function createGatewayContext(
  config: GatewayConfig,
  stack: AsyncDisposableStack,
  overrides: GatewayOverrides = {},
): Promise<GatewayContext> {
  const log = overrides.log ?? createLogger("gateway", config.logLevel);
  const metrics = createMetrics("gateway");
  const tracing = stack.use(await openTracing("gateway", budgets.drain.tracing));
  const serviceTokens = createServiceTokens("gateway", config.serviceSecrets);

  const counters = stack.adopt(createCounters(redisPlaceOf(config)), (it) => it.close());

  const connect = (options: Pick<ClientOptions, "url" | "audience" | "interceptors">) =>
    stack.adopt(createRpcClient({ ...options, serviceTokens, tracing }), (it) => it.close())
      .transport;
  const authTransport = connect({
    url: config.authUrl,
    audience: "auth",
    interceptors: [noteEndedSessions((ids) => feed.markEnded(ids))],
  });
  const message = roundRobin(
    config.messageRpcUrls.map((url) => connect({ url, audience: "message" })),
  );

  const auth = createClient(AuthService, authTransport);
  const feed = stack.adopt(startRevocationFeed({ auth, log }), (it) => it.close());
  const { SERVING } = HealthCheckResponse_ServingStatus;
  const isServing = async (transport: Transport) =>
    (await createClient(Health, transport).check({}, { timeoutMs: budgets.health.ping })).status ===
    SERVING;

  const sockets = createSocketProxy({
    targets: config.messageUrls,
    serviceTokens,
    trustedProxyHops: config.trustedProxyHops,
  });
  const reachMessage = async () => {
    const [serves, reach] = await Promise.all([isServing(message), sockets.reach()]);
    return serves ? reach : reach && "partly";
  };

  return {
    config,
    log,
    metrics,
    tracing,
    auth: authTransport,
    upstreams: [...upstreamsOf(authTransport, message), ...(overrides.upstreams ?? [])],
    feed,
    guard: createSessionGuard(auth, feed),
    serviceTokens,
    originRule: createOriginRule(config),
    requests: counters.create("requests", config.rateLimitPerMinute),
    sockets,
    operations: createOperations({
      dependencies: {
        auth: { isRequired: true, check: () => isServing(authTransport) },
        message: { isRequired: true, check: reachMessage },
        ...(counters.isShared && { redis: { isRequired: false, check: counters.isShared } }),
      },
      metrics,
      metricsToken: config.metricsToken,
    }),
  };
}
