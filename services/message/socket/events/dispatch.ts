import { create, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { type Caller, callerKey } from "#common/rpc/caller.ts";
import { AppError, errorEntry, toAppError } from "#contract/errors.ts";
import { validate } from "#contract/validate.ts";
import { isPlainObject } from "#contract/wire/json.ts";
import { readJson } from "#contract/wire/reader.ts";
import { writerOf } from "#contract/wire/writer.ts";
import { Access, event as eventOption } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type AckFailure, clientEvents } from "#gen/socket-events.ts";
import type { Call } from "#rpc";
import { requestIdFrom, type Tracing, withRequestId } from "#rpc";
import type { ChatSocket, Judgement } from "../chat-server.ts";
import { emitError } from "../emit.ts";
import { endSocket } from "../engine/close.ts";
import { watchEventSizes } from "../engine/event-sizes.ts";
import { holdWrites } from "../engine/writes.ts";
import { eventLimits } from "../limits.ts";
import { createEventLimits, type SocketLimits } from "./event-limits.ts";
import type { ClientEvent, EventCall, EventHandlers } from "./handlers.ts";

export interface DispatchOptions {
  handlers: EventHandlers;
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
  /** Made with the first event: idle sockets need none. */
  call: Call | undefined;
}

type Ack = (answer: object) => void;
type Take = (served: Served, args: unknown[]) => Promise<string>;

const shownLength = 100;
/** Events have no headers, and nothing aborts them. */
const noHeaders = new Headers();
const { signal: neverAborted } = new AbortController();

/**
 * The edge between sockets and handlers. Every event goes the same way: size, rate, shape,
 * rules, rate of its kind, handler, acknowledgement.
 * @throws Error where an event does not declare that users may send it
 */
export function createDispatch({
  handlers,
  messagesPerSecond,
  ...options
}: DispatchOptions): Dispatch {
  for (const { payload } of Object.values(clientEvents)) requireUserAccess(payload);
  const { log, metrics, tracing } = options;
  const limits = createEventLimits(messagesPerSecond);
  const counted = metrics.counter("socket_events", "Events from clients", ["event", "code"]);
  let underWay = 0;
  let onIdle: (() => void)[] = [];

  /** What a known event comes to: the JSON of its answer. */
  const handle = async <E extends ClientEvent>(
    event: E,
    json: unknown,
    call: EventCall,
    { may }: SocketLimits,
  ) => {
    const { payload: payloadDesc, ack: ackDesc }: (typeof clientEvents)[E] = clientEvents[event];
    const payload = readJson<(typeof clientEvents)[E]["payload"]>(payloadDesc, json);
    validate<(typeof clientEvents)[E]["payload"]>(payloadDesc, payload);
    if (may[event]?.() === false) throw new AppError("RATE_LIMITED");
    const answer = await handlers[event](payload, call);
    const ack = create<(typeof clientEvents)[E]["ack"]>(ackDesc, answer);
    return writerOf<(typeof clientEvents)[E]["ack"]>(ackDesc)(ack);
  };

  /** Answers an event; resolves to the code of its outcome. */
  const take: Take = async (served, [name, payload, ...rest]) => {
    const { socket, admitted, limits: its } = served;
    const lastArgument = rest.length > 0 ? rest.at(-1) : payload;
    const ack = isAck(lastArgument) ? lastArgument : undefined;
    const json = payload === ack ? undefined : payload;
    const event = isClientEvent(name) ? name : undefined;
    const afterAck: (() => void)[] = [];
    let code = "OK";
    try {
      if (served.nextSize() > eventLimits.bytes) throw new AppError("PAYLOAD_TOO_LARGE");
      if (!its.mayEmit()) throw new AppError("RATE_LIMITED");
      if (!event) throw unknownEvent(name);
      served.call ??= callOf(admitted);
      const answer = await handle(
        event,
        json,
        {
          ...served.call,
          socket,
          user: admitted.user,
          afterAck: (run: () => void) => void afterAck.push(run),
        },
        its,
      );
      holdWrites(socket.conn);
      ack?.({ success: true, ...answer });
    } catch (thrown) {
      const error = toAppError(thrown);
      code = error.code;
      if (code === "INTERNAL") log.error({ err: error.cause, event }, "an event failed");
      if (ack) ack(failure(error));
      else emitError(socket, error, aboutOf(name, json));
      const isRefusal = code === "RATE_LIMITED" || code === "PAYLOAD_TOO_LARGE";
      if (isRefusal && its.isFlood()) endSocket(socket, new AppError("FLOOD"));
    } finally {
      for (const run of afterAck) run();
      counted.inc({ event: event ?? "unknown", code });
      log.debug({ event, code }, "event");
    }
    return code;
  };
  const takeTraced = tracing ? traced(tracing, take) : take;

  return {
    serve(socket, admitted) {
      const { id: userId } = admitted.user;
      const served: Served = {
        socket,
        admitted,
        limits: limits.opened(userId),
        nextSize: watchEventSizes(socket.conn),
        call: undefined,
      };
      socket.once("disconnect", () => limits.closed(userId));
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
function callOf({ user, sessionId, expiresAt }: Judgement & { isAdmitted: true }): Call {
  const caller: Caller = { kind: "user", userId: user.id, sessionId, expiresAt };
  const values = createContextValues().set(callerKey, caller);
  return { values, signal: neverAborted, requestHeader: noHeaders };
}

/** A span for each event, by the semantic conventions of messaging; what it causes is part of it. */
function traced(tracing: Tracing, take: Take): Take {
  return async (served, args) => {
    const [name] = args;
    const event = isClientEvent(name) ? name : "unknown";
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

function requireUserAccess(payload: DescMessage): void {
  const isDeclared = hasOption(payload, eventOption);
  if (!isDeclared || getOption(payload, eventOption).access !== Access.USER) {
    throw new Error(`${payload.typeName} does not declare that users may send it (event.access)`);
  }
}

function isClientEvent(name: unknown): name is ClientEvent {
  return typeof name === "string" && Object.hasOwn(clientEvents, name);
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
