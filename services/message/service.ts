import { setTimeout as pause } from "node:timers/promises";
import { budgets } from "#common/budgets.ts";
import { localUrl } from "#common/config.ts";
import { startHttpServer } from "#common/http/server.ts";
import type { RunningService } from "#common/lifecycle.ts";
import type { Authenticator } from "#common/rpc/interceptors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import type { MessageConfig } from "./config.ts";
import { createMessageContext, type MessageContext, type MessageOverrides } from "./context.ts";
import { serveSocketRequests } from "./http.ts";
import { messageService } from "./messages/message-service.ts";
import { roomService } from "./rooms/room-service.ts";
import { type OnSlow, serveSockets } from "./socket/door/server.ts";
import { closeTransport } from "./socket/engine/end-socket.ts";
import { createDispatch, type Dispatch } from "./socket/events/dispatch.ts";
import { eventHandlers } from "./socket/events/handlers.ts";

/** A message service that listens. */
export interface RunningMessage extends RunningService {
  rpcUrl: string;
  httpUrl: string;
}

/** @throws StartError where a port is taken or the database stays away */
export async function startMessage(
  config: MessageConfig,
  overrides?: MessageOverrides,
): Promise<RunningMessage> {
  const ctx = await createMessageContext(config, overrides);
  const { closers, operations, log, metrics } = ctx;
  try {
    const dispatch = createDispatch({
      handlers: eventHandlers(ctx),
      messagesPerSecond: config.socketMessagesPerSecond,
      log,
      metrics,
    });
    const onSlow = serveSockets(ctx, dispatch);
    const rpc = await startRpcServer({
      port: config.rpcPort,
      host: config.host,
      portSetting: "MESSAGE_SERVICE_GRPC_PORT",
      implementations: [roomService(ctx), messageService(ctx)],
      authenticator: authenticatorOf(ctx),
      isReady: operations.isReady,
      hasReflection: !config.isProduction,
      log,
      metrics,
    });
    closers.add(() => rpc.close());
    const httpPort = await serveHttp(ctx, dispatch, onSlow);
    const rpcUrl = localUrl(config.host, rpc.port);
    const httpUrl = localUrl(config.host, httpPort);
    log.info({ rpcUrl, httpUrl }, "message service ready");
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

function authenticatorOf({ guard, serviceTokens }: MessageContext): Authenticator {
  return {
    user: (token) => guard.user(token),
    async service(token) {
      const name = await serviceTokens.verify(token);
      return name === undefined ? undefined : { kind: "service", name };
    },
  };
}

/** Listens on the HTTP port; answers it. Closing drains: clients come back by themselves. */
async function serveHttp(ctx: MessageContext, dispatch: Dispatch, onSlow: OnSlow): Promise<number> {
  const { config, closers, operations, io, log } = ctx;
  const http = await startHttpServer({
    port: config.httpPort,
    host: config.host,
    portSetting: "MESSAGE_SERVICE_HTTP_PORT",
    operations,
    log,
    sockets: serveSocketRequests(ctx, onSlow),
  });
  closers.add(async () => {
    const closed = http.close(budgets.drain.events + budgets.drain.sockets);
    await Promise.race([dispatch.idle(), pause(budgets.drain.events, undefined, { ref: false })]);
    const allGone = Promise.all(
      [...io.sockets.sockets.values()].map(({ conn }) => {
        const gone = new Promise((resolve) => conn.once("close", resolve));
        closeTransport(conn);
        return gone;
      }),
    );
    await Promise.race([allGone, pause(budgets.drain.sockets, undefined, { ref: false })]);
    await io.close();
    await closed;
  });
  return http.port;
}
