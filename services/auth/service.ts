import { budgets } from "#common/budgets.ts";
import { localUrl } from "#common/config.ts";
import { startHttpServer } from "#common/http/server.ts";
import type { RunningService } from "#common/lifecycle.ts";
import { translateDatabaseError } from "#common/postgres-errors.ts";
import type { Authenticator } from "#common/rpc/interceptors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import { createTokenVerifier } from "#common/tokens/user-token.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthConfig } from "./config.ts";
import { type AuthContext, type AuthOverrides, createAuthContext } from "./context.ts";
import { findOpenSession } from "./db/sessions.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { answerHttp } from "./http.ts";
import { authHandlers } from "./rpc/handlers.ts";

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

/**
 * Each call of a user asks the database whether the session is open, so that nothing gets in
 * after a session has ended.
 */
function createAuthenticator({ db, keys, serviceTokens }: AuthContext): Authenticator {
  const verify = createTokenVerifier("access", keys.find);
  return {
    async user(token) {
      const claims = await verify(token);
      const session = await findOpenSession(db, claims.sessionId);
      if (session?.userId !== claims.userId) throw new AppError("UNAUTHENTICATED");
      return { kind: "user", ...claims };
    },
    async service(token) {
      const name = await serviceTokens.verify(token);
      return name === undefined ? undefined : { kind: "service", name };
    },
  };
}
