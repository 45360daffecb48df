import { budgets } from "#common/budgets.ts";
import { startHttpServer } from "#common/http/server.ts";
import { localUrl, type RunningService } from "#common/lifecycle.ts";
import { translateDatabaseError } from "#common/postgres-errors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import type { AuthConfig } from "./config.ts";
import { type AuthOverrides, createAuthContext } from "./context.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { answerHttp } from "./http.ts";
import { authHandlers } from "./rpc/handlers.ts";
import { createAuthenticator } from "./sessions/callers.ts";

/** An auth service that listens. */
export interface RunningAuth extends RunningService {
  rpcUrl: string;
  httpUrl: string;
}

/**
 * Starts the auth service; port 0 lets the system choose.
 * @throws StartError where a port is taken or PostgreSQL can't be had
 */
export async function startAuth(
  config: AuthConfig,
  overrides?: AuthOverrides,
): Promise<RunningAuth> {
  await using starting = new AsyncDisposableStack();
  const context = await createAuthContext(config, starting, overrides);
  const { operations, log, metrics, tracing } = context;
  starting.adopt(startHousekeeping(context), (housekeeping) => housekeeping.close());
  const rpc = await startRpcServer({
    port: config.rpcPort,
    host: config.host,
    portSetting: "AUTH_SERVICE_GRPC_PORT",
    implementations: [authHandlers(context)],
    authenticator: createAuthenticator(context),
    isReady: operations.isReady,
    translateError: translateDatabaseError,
    hasReflection: !config.isProduction,
    log,
    metrics,
    tracing,
  });
  starting.defer(() => rpc.close());
  const http = await startHttpServer({
    port: config.httpPort,
    host: config.host,
    portSetting: "AUTH_SERVICE_HTTP_PORT",
    operations,
    log,
    handle: (req, res) => answerHttp(context.keys, req, res),
    translateError: translateDatabaseError,
  });
  starting.defer(() => http.close(budgets.drain.http));
  const rpcUrl = localUrl(config.host, rpc.port);
  const httpUrl = localUrl(config.host, http.port);
  log.info({ rpcUrl, httpUrl }, "auth ready");
  const stack = starting.move();
  return {
    rpcUrl,
    httpUrl,
    urls: [httpUrl, rpcUrl],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
