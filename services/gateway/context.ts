import { createClient, type Transport } from "@connectrpc/connect";
import { createOperations, type Operations } from "#common/http/operations.ts";
import { createOriginRule, type OriginRule } from "#common/http/origin.ts";
import { type Closers, createClosers } from "#common/lifecycle.ts";
import { type Counter, createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { type RevocationFeed, startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import { createSessionGuard, type SessionGuard } from "#common/sessions/session-guard.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import type { GatewayConfig } from "./config.ts";
import { roundRobin } from "./round-robin.ts";
import { noteEndedSessions, type Upstream, upstreamsOf } from "./upstreams.ts";

/** Everything that the gateway's parts use. */
export interface GatewayContext {
  config: GatewayConfig;
  log: Logger;
  metrics: Metrics;
  closers: Closers;
  auth: Transport;
  upstreams: Upstream[];
  feed: RevocationFeed;
  guard: SessionGuard;
  serviceTokens: ServiceTokens;
  originRule: OriginRule;
  /** Requests a minute, by session or client. */
  requests: Counter;
  operations: Operations;
}

/** What tests may put in the place of what the context makes. */
export interface GatewayOverrides {
  log?: Logger;
  /** Further services to serve. */
  upstreams?: Upstream[];
}

export function createGatewayContext(
  config: GatewayConfig,
  overrides: GatewayOverrides = {},
): GatewayContext {
  const log = overrides.log ?? createLogger("gateway", config.logLevel);
  const metrics = createMetrics("gateway");
  const closers = createClosers((err) => log.warn({ err }, "closing failed"));
  const serviceTokens = createServiceTokens("gateway", config.serviceSecrets);

  const counters = createCounters(config.redisUrl);
  closers.add(() => counters.close());

  const endedHere = (ids: readonly string[]) => feed.markEnded(ids);
  const authClient = createRpcClient({
    url: config.authUrl,
    audience: "auth",
    serviceTokens,
    interceptors: [noteEndedSessions(endedHere)],
  });
  closers.add(() => authClient.close());
  const messageClients = config.messageRpcUrls.map((url) =>
    createRpcClient({ url, audience: "message", serviceTokens }),
  );
  closers.add(() => messageClients.forEach((it) => void it.close()));

  const auth = createClient(AuthService, authClient.transport);
  const feed = startRevocationFeed({ auth, log });
  closers.add(() => feed.close());
  const message = roundRobin(messageClients.map((it) => it.transport));
  const { SERVING } = HealthCheckResponse_ServingStatus;
  const isServing = async (transport: Transport) =>
    (await createClient(Health, transport).check({}, { timeoutMs: 900 })).status === SERVING;

  return {
    config,
    log,
    metrics,
    closers,
    auth: authClient.transport,
    upstreams: [...upstreamsOf(authClient.transport, message), ...(overrides.upstreams ?? [])],
    feed,
    guard: createSessionGuard(auth, feed),
    serviceTokens,
    originRule: createOriginRule(config),
    requests: counters.create("requests", config.rateLimitPerMinute),
    operations: createOperations({
      dependencies: {
        auth: { isRequired: true, check: () => isServing(authClient.transport) },
        message: { isRequired: false, check: () => isServing(message) },
        ...(counters.isShared && { redis: { isRequired: false, check: counters.isShared } }),
      },
      metrics,
      metricsToken: config.metricsToken,
    }),
  };
}
