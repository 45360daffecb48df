import type { Message } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { type Caller, callerKey } from "#common/rpc/caller.ts";
import { AppError, type ErrorCode, errorEntry, toAppError } from "#contract/errors.ts";
import { isPlainObject } from "#contract/wire/json.ts";
import type { AckFailure } from "#gen/socket-events.ts";
import { socketIdKey } from "#message/realtime/typing.ts";
import { getReadableRoom } from "#message/rooms/rooms.ts";
import type { MessageStore } from "#message/store/store.ts";
import { type Call, requestIdFrom, type Tracing, withRequestId } from "#rpc";
import type { ChatSocket, Judgement } from "../chat-server.ts";
import { watchEventSizes } from "../door/connections.ts";
import { emitError } from "../emit.ts";
import { endSocket } from "../engine/close.ts";
import { holdWrites } from "../engine/writes.ts";
import { writtenJson } from "../engine/written-json.ts";
import { eventLimits } from "../limits.ts";
import type { EventCall } from "./event-handler.ts";
import { createEventLimits, type SocketLimits } from "./event-limits.ts";
import type { EventServer } from "./event-servers.ts";
import { requireJoined } from "./room-mutex.ts";

export interface DispatchOptions {
  servers: ReadonlyMap<string, EventServer>;
  store: Pick<MessageStore, "findRoom">;
  /** 0 = no limit. */
  messagesPerSecond: number;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing | undefined;
}

/** Takes the events of sockets. */
export interface Dispatch {
  /** Begins to take a socket's events. */
  serve: (socket: ChatSocket, admitted: Judgement & { isAdmitted: true }) => void;
  /** Resolves when no event is being handled. */
  idle: () => Promise<void>;
}

/** A socket that is served. */
interface Served {
  socket: ChatSocket;
  admitted: Judgement & { isAdmitted: true };
  limits: SocketLimits;
  nextSize: () => number;
}

type Ack = (answer: object) => void;
type Take = (served: Served, args: unknown[]) => Promise<string>;

const shownLength = 100;
/** Nothing aborts events. */
const { signal: neverAborted } = new AbortController();

/**
 * The edge between sockets and handlers. Every event goes the same way: size, rate, shape,
 * rules, rate of its kind, joined room, handler, acknowledgement.
 */
export function createDispatch(options: DispatchOptions): Dispatch {
  const { servers, store, log, metrics, tracing } = options;
  const limits = createEventLimits(options.messagesPerSecond);
  const counted = metrics.counter("socket_events", "Events from clients", ["event", "code"]);
  let underWay = 0;
  let onIdle: (() => void)[] = [];

  const serverOf = (name: unknown) => (typeof name === "string" ? servers.get(name) : undefined);
  const nameOf = (name: unknown) => serverOf(name)?.event ?? "unknown";

  /** Lets an event pass that is not too often, by a socket that has joined where it must have. */
  const admit = (
    { event, mustJoin, failures }: EventServer,
    { socket, admitted, limits: its }: Served,
    payload: Message,
  ) => {
    if (!limits.may(its, event)) throw new AppError("RATE_LIMITED");
    const roomId = mustJoin ? roomIdOf(payload) : undefined;
    if (roomId === undefined || socket.data.joined.has(roomId)) return;
    return requireJoined(socket, roomId).catch(async (error: unknown) => {
      // A private room of others looks like none.
      if (failures.has("ROOM_NOT_FOUND")) await getReadableRoom(store, roomId, admitted.user.id);
      throw error;
    });
  };

  /** Answers an event; resolves to the code of its outcome. */
  const take: Take = async (served, [name, payload, ...rest]) => {
    const { socket, admitted, limits: its } = served;
    const lastArgument = rest.length > 0 ? rest.at(-1) : payload;
    const ack = isAck(lastArgument) ? lastArgument : undefined;
    const json = payload === ack ? undefined : payload;
    const server = serverOf(name);
    const event = nameOf(name);
    const afterAck: (() => void)[] = [];
    let code: ErrorCode | "OK" = "OK";
    try {
      if (served.nextSize() > eventLimits.bytes) throw new AppError("PAYLOAD_TOO_LARGE");
      if (!limits.mayEmit(its)) throw new AppError("RATE_LIMITED");
      if (!server) throw unknownEvent(name);
      const call: EventCall = {
        ...callOf(socket, admitted),
        socket,
        user: admitted.user,
        afterAck: (run) => void afterAck.push(run),
      };
      const answer = await server.serve(json, call, (message) => admit(server, served, message));
      holdWrites(socket.conn);
      ack?.(writtenJson(answer));
    } catch (thrown) {
      const error = toAppError(thrown);
      code = error.code;
      if (code === "INTERNAL") log.error({ err: error.cause, event }, "an event failed");
      if (server?.failures.has(code) === false) log.error({ event, code }, "undeclared failure");
      if (ack) ack(failure(error));
      else emitError(socket, error, aboutOf(name, json));
      const isRefusal = code === "RATE_LIMITED" || code === "PAYLOAD_TOO_LARGE";
      if (isRefusal && limits.isFlood(its)) endSocket(socket, new AppError("FLOOD"));
    } finally {
      for (const run of afterAck) run();
      counted.inc({ event, code });
      log.debug({ event, code }, "event");
    }
    return code;
  };
  const takeTraced = tracing ? traced(tracing, nameOf, take) : take;

  return {
    serve(socket, admitted) {
      const { id: userId } = admitted.user;
      const served: Served = {
        socket,
        admitted,
        limits: limits.opened(userId),
        nextSize: watchEventSizes(socket.conn),
      };
      socket.on("disconnect", () => limits.closed(userId));
      // Here, not by listeners: unknown events come by too, and in the turn they are read.
      socket.use((args) => {
        if (!socket.connected) return;
        underWay++;
        withRequestId(requestIdFrom(undefined), () => takeTraced(served, args))
          .catch((error: unknown) => log.error({ err: error }, "an event was not answered"))
          .finally(() => {
            underWay--;
            if (underWay === 0) for (const resolve of onIdle.splice(0)) resolve();
          });
      });
    },
    idle: () =>
      underWay === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onIdle = [...onIdle, resolve];
          }),
  };
}

/** What handlers may know of a socket's calls. */
function callOf({ id }: ChatSocket, admitted: Judgement & { isAdmitted: true }): Call {
  const { user, sessionId, expiresAt } = admitted;
  const caller: Caller = { kind: "user", userId: user.id, sessionId, expiresAt };
  const values = createContextValues().set(callerKey, caller).set(socketIdKey, id);
  return { values, signal: neverAborted, header: () => undefined };
}

/** A span for each event, by the semantic conventions of messaging; what it causes is part of it. */
function traced(tracing: Tracing, nameOf: (name: unknown) => string, take: Take): Take {
  return async (served, args) => {
    const event = nameOf(args[0]);
    const span = tracing.begin({
      name: `process ${event}`,
      kind: "consumer",
      attributes: {
        "messaging.system.name": "socket.io",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": event,
      },
    });
    const code = await span.run(() => take(served, args));
    span.end({}, code === "OK" ? undefined : code);
    return code;
  };
}

function roomIdOf(payload: Message): string {
  const roomId: unknown = Reflect.get(payload, "roomId");
  return typeof roomId === "string" ? roomId : "";
}

/** Functions can't come over the wire: one among the arguments is Socket.IO's own. */
function isAck(value: unknown): value is Ack {
  return typeof value === "function";
}

function unknownEvent(name: unknown): AppError {
  const message = `there is no event ${JSON.stringify(String(name).slice(0, shownLength))}`;
  return new AppError("VALIDATION_FAILED", { faults: [{ path: "", message }] });
}

function failure(error: AppError): AckFailure {
  const { message } = errorEntry(error.code);
  return {
    success: false,
    code: error.code,
    message,
    ...(error.faults.length > 0 && { details: error.faults }),
  };
}

function aboutOf(name: unknown, json: unknown): { event: string; roomId?: string } {
  const event = String(name).slice(0, shownLength);
  const roomId = isPlainObject(json) ? json.roomId : undefined;
  return {
    event,
    ...(typeof roomId === "string" && { roomId: roomId.slice(0, shownLength) }),
  };
}
