import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { startHttpServer } from "#common/http/server.ts";
import { localUrl, type RunningService } from "#common/lifecycle.ts";

import { type Authenticator, startRpcServer } from "#common/rpc/server.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { implement } from "#rpc";
import type { MessageConfig } from "./config.ts";
import type { MessageContext, MessageOverrides } from "./context.ts";
import { serveSocketRequests } from "./http.ts";
import { createMethods } from "./methods.ts";
import { admitSockets } from "./socket/door/admission.ts";
import { createSlowReport, createSocketCountLimit } from "./socket/door/cuts.ts";
import { closeTransport } from "./socket/engine/close.ts";
import { createDispatch, type Dispatch } from "./socket/events/dispatch.ts";
import { createEventServers } from "./socket/events/event-servers.ts";
import { createEventHandlers } from "./socket/events/handlers.ts";
import { createMessageContext } from "./wiring.ts";

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
  await using starting = new AsyncDisposableStack();
  const ctx = await createMessageContext(config, starting, overrides);
  const { operations, log, metrics, tracing } = ctx;
  const methods = createMethods(ctx);
  const rpc = await startRpcServer({
    port: config.rpcPort,
    host: config.host,
    portSetting: "MESSAGE_SERVICE_GRPC_PORT",
    implementations: [
      implement(RoomService, methods.rooms),
      implement(MessageService, methods.messages),
      implement(BlockService, methods.blocks),
    ],
    authenticator: authenticatorOf(ctx),
    isReady: operations.isReady,
    hasReflection: !config.isProduction,
    log,
    metrics,
    tracing,
  });
  starting.defer(() => rpc.close());
  const dispatch = createDispatch({
    servers: createEventServers(createEventHandlers(ctx), methods),
    store: ctx.store,
    messagesPerSecond: config.socketMessagesPerSecond,
    log,
    metrics,
    tracing,
  });
  const httpPort = await serveSockets(ctx, dispatch, starting);
  const stack = starting.move();
  const rpcUrl = localUrl(config.host, rpc.port);
  const httpUrl = localUrl(config.host, httpPort);
  log.info({ rpcUrl, httpUrl }, "message service ready");
  return {
    rpcUrl,
    httpUrl,
    urls: [httpUrl, rpcUrl],
    [Symbol.asyncDispose]: () =>
      stack.disposeAsync().catch((err: unknown) => log.warn({ err }, "closing failed")),
  };
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
async function serveSockets(
  ctx: MessageContext,
  dispatch: Dispatch,
  stack: AsyncDisposableStack,
): Promise<number> {
  const { config, operations, io, log, metrics } = ctx;
  const cuts = metrics.counter("sockets_cut", "Sockets that the server ended", ["code"]);
  metrics.gauge("sockets", "Open sockets", () => io.sockets.sockets.size);
  const onCut = (code: string) => cuts.inc({ code });
  admitSockets({
    ...ctx,
    dispatch,
    onOpened: createSocketCountLimit({ ...ctx, ...config }),
    onRefused: onCut,
  });
  const http = await startHttpServer({
    port: config.httpPort,
    host: config.host,
    portSetting: "MESSAGE_SERVICE_HTTP_PORT",
    operations,
    log,
    sockets: serveSocketRequests(ctx, createSlowReport(io, log, onCut)),
  });
  stack.defer(async () => {
    const closed = http.close(budgets.drain.events + budgets.drain.sockets);
    await withDeadline(dispatch.idle(), budgets.drain.events, () => undefined);
    const allGone = Promise.all(
      [...io.sockets.sockets.values()].map(({ conn }) => {
        const gone = new Promise((resolve) => conn.once("close", resolve));
        closeTransport(conn);
        return gone;
      }),
    );
    await withDeadline(allGone, budgets.drain.sockets, () => undefined);
    await io.close();
    await closed;
  });
  return http.port;
}
