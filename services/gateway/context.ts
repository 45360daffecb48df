import type { DescService } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { budgets } from "#common/budgets.ts";
import { createOperations, type Operations } from "#common/http/operations.ts";
import { createOriginRule, type OriginRule } from "#common/http/origin.ts";
import { type Counter, createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { redisPlaceOf } from "#common/redis.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { type RevocationFeed, startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import { createSessionGuard, type SessionGuard } from "#common/sessions/session-guard.ts";
import {
  createServiceTokens,
  type ServiceName,
  type ServiceTokens,
} from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus,
  openTracing,
  type RpcClient,
  type Tracing,
} from "#rpc";
import type { GatewayConfig } from "./config.ts";
import { namingForeign } from "./http/foreign-origins.ts";
import { createSocketProxy, type SocketProxy } from "./socket-proxy.ts";
import { roundRobin, type Upstream, upstreamsOf } from "./upstreams.ts";

/** Everything that the gateway's parts use. */
export interface GatewayContext {
  config: GatewayConfig;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing | undefined;
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

  const counters = stack.adopt(await createCounters(redisPlaceOf(config)), (it) => it.close());

  const connect = (audience: ServiceName, url: string) =>
    stack.adopt(createRpcClient({ url, audience, serviceTokens, tracing }), (it) => it.close());
  const authClient = connect("auth", config.authUrl);
  const onMessage = roundRobin(config.messageRpcUrls.map((url) => connect("message", url)));

  const auth = createClient(AuthService, authClient.transport);
  const feed = stack.adopt(startRevocationFeed({ auth, log }), (it) => it.close());
  const { SERVING } = HealthCheckResponse_ServingStatus;
  // Asked by name: another service at that address would serve as well.
  const isServing = async ({ typeName: service }: DescService, { transport }: RpcClient) => {
    const options = { timeoutMs: budgets.health.ping };
    return (await createClient(Health, transport).check({ service }, options)).status === SERVING;
  };
  const reachAuth = async () => !feed.isRefused() && isServing(AuthService, authClient);

  const sockets = createSocketProxy({
    targets: config.messageUrls,
    serviceTokens,
    trustedProxyHops: config.trustedProxyHops,
  });
  const reachMessage = async () => {
    const [serves, reach] = await Promise.all([
      onMessage((it) => isServing(MessageService, it)),
      sockets.reach(),
    ]);
    return serves ? reach : reach && "partly";
  };

  return {
    config,
    log,
    metrics,
    tracing,
    upstreams: [
      ...upstreamsOf(authClient.callRaw, (...call) => onMessage((it) => it.callRaw(...call))),
      ...(overrides.upstreams ?? []),
    ],
    feed,
    guard: createSessionGuard(auth, feed),
    serviceTokens,
    originRule: namingForeign(createOriginRule(config), log),
    requests: counters.create("requests", config.rateLimitPerMinute),
    sockets,
    operations: createOperations({
      dependencies: {
        auth: { isRequired: true, check: reachAuth },
        message: { isRequired: true, check: reachMessage },
        ...(counters.isShared && { redis: { isRequired: false, check: counters.isShared } }),
      },
      metrics,
      metricsToken: config.metricsToken,
    }),
  };
}
