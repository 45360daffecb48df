import { localUrl } from "#common/config.ts";
import { listen, type RunningService } from "#common/lifecycle.ts";
import { translateDatabaseError } from "#common/postgres-errors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import type { AuthConfig } from "./config.ts";
import { type AuthOverrides, createAuthContext } from "./context.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { createHttpServer } from "./http.ts";
import { authHandlers } from "./rpc/handlers.ts";

/** An auth service that listens. */
export interface RunningAuth extends RunningService {
  rpcUrl: string;
  httpUrl: string;
}

const httpDrainMs = 3_000;

/**
 * Starts the auth service; port 0 lets the system choose.
 * @throws StartError where a port is taken or PostgreSQL can't be had
 */
export async function startAuth(
  config: AuthConfig,
  overrides?: AuthOverrides,
): Promise<RunningAuth> {
  const context = await createAuthContext(config, overrides);
  const { closers, operations, log, metrics } = context;
  try {
    const housekeeping = startHousekeeping(context);
    closers.add(() => housekeeping.close());
    const rpc = await startRpcServer({
      port: config.rpcPort,
      host: config.host,
      portSetting: "AUTH_SERVICE_GRPC_PORT",
      implementations: [authHandlers(context)],
      authenticator: context.authenticator,
      isReady: operations.isReady,
      translateError: translateDatabaseError,
      hasReflection: !config.isProduction,
      log,
      metrics,
    });
    closers.add(() => rpc.close());
    const server = createHttpServer(context);
    const httpPort = await listen(server, config.httpPort, config.host, "AUTH_SERVICE_HTTP_PORT");
    closers.add(async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const hard = setTimeout(() => server.closeAllConnections(), httpDrainMs);
      await closed;
      clearInterval(idle);
      clearTimeout(hard);
    });
    closers.add(() => operations.drain());
    const rpcUrl = localUrl(config.host, rpc.port);
    const httpUrl = localUrl(config.host, httpPort);
    log.info({ rpcUrl, httpUrl }, "auth ready");
    return {
      rpcUrl,
      httpUrl,
      urls: [httpUrl, rpcUrl],
      [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
    };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}
