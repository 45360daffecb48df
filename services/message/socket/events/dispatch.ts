import { type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError, errorEntry, toAppError } from "#contract/errors.ts";
import { validate } from "#contract/validate.ts";
import { isPlainObject } from "#contract/wire/json.ts";
import { readJson } from "#contract/wire/reader.ts";
import { writerOf } from "#contract/wire/writer.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import { Access, event as eventOption } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type AckFailure, clientEvents } from "#gen/socket-events.ts";
import { emitError } from "../engine/emit.ts";
import { endSocket } from "../engine/end-socket.ts";
import { watchEventSizes } from "../engine/event-sizes.ts";
import { holdWrites } from "../engine/one-write.ts";
import type { ChatSocket } from "../engine/types.ts";
import type { ClientEvent, EventCall, EventHandlers } from "./event-handler.ts";
import { createBreachCounter, createTokenBucket, type Limit } from "./limits.ts";
import { createUserLimits, type EventLimits } from "./user-limits.ts";

export interface DispatchOptions {
  handlers: EventHandlers;
  messagesPerSecond: number;
  log: Logger;
  metrics: Metrics;
}

/** Takes the events of sockets. */
export interface Dispatch {
  /** Begins to take a socket's events. */
  serve: (socket: ChatSocket, user: UserSummary) => void;
  /** Resolves when no event is being handled. */
  idle: () => Promise<void>;
}

/** A socket's limits. */
interface Limits {
  nextSize: () => number;
  mayEmit: Limit;
  /** Of events by their names. */
  may: EventLimits;
  isFlood: () => boolean;
}

type Ack = (answer: object) => void;

const maxEventBytes = 64 * 1024;
/**
 * All events together, for each message that is allowed: more than a client has reason to send.
 * A burst has room for all the rooms that one who comes back may join at once.
 */
const eventsPerMessage = 5;
const eventBurstSeconds = 3;
const flood = { count: 100, windowMs: 10_000 };
const shownLength = 100;

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
  const { log, metrics } = options;
  const userLimits = createUserLimits(messagesPerSecond);
  const counted = metrics.counter("socket_events", "Events from clients", ["event", "code"]);
  let underWay = 0;
  let onIdle: (() => void)[] = [];

  /** What a known event comes to: the JSON of its answer. */
  const handle = async <E extends ClientEvent>(
    event: E,
    json: unknown,
    call: EventCall,
    { may }: Limits,
  ) => {
    const { payload: payloadDesc, ack: ackDesc }: (typeof clientEvents)[E] = clientEvents[event];
    const payload = readJson<(typeof clientEvents)[E]["payload"]>(payloadDesc, json);
    validate<(typeof clientEvents)[E]["payload"]>(payloadDesc, payload);
    if (may[event]?.() === false) throw new AppError("RATE_LIMITED");
    const answer = await handlers[event](payload, call);
    return writerOf<(typeof clientEvents)[E]["ack"]>(ackDesc)(answer);
  };

  const take = async (
    socket: ChatSocket,
    user: UserSummary,
    limits: Limits,
    [name, payload, ...rest]: unknown[],
  ) => {
    const lastArgument = rest.length > 0 ? rest.at(-1) : payload;
    const ack = isAck(lastArgument) ? lastArgument : undefined;
    const json = payload === ack ? undefined : payload;
    const event = isClientEvent(name) ? name : undefined;
    const afterAck: (() => void)[] = [];
    let code = "OK";
    try {
      if (limits.nextSize() > maxEventBytes) throw new AppError("PAYLOAD_TOO_LARGE");
      if (!limits.mayEmit()) throw new AppError("RATE_LIMITED");
      if (!event) throw unknownEvent(name);
      const call = { socket, user, afterAck: (run: () => void) => void afterAck.push(run) };
      const answer = await handle(event, json, call, limits);
      holdWrites(socket.conn);
      ack?.({ success: true, ...answer });
    } catch (thrown) {
      const error = toAppError(thrown);
      code = error.code;
      if (code === "INTERNAL") log.error({ err: error.cause, event }, "an event failed");
      if (ack) ack(failure(error));
      else emitError(socket, error, aboutOf(name, json));
      const isBreach = code === "RATE_LIMITED" || code === "PAYLOAD_TOO_LARGE";
      if (isBreach && limits.isFlood()) endSocket(socket, new AppError("FLOOD"));
    } finally {
      for (const run of afterAck) run();
      counted.inc({ event: event ?? "unknown", code });
    }
  };

  return {
    serve(socket, user) {
      const perSecond = messagesPerSecond * eventsPerMessage;
      const maySend = createTokenBucket(messagesPerSecond, messagesPerSecond * 2);
      socket.once("disconnect", () => userLimits.closed(user.id));
      const limits: Limits = {
        nextSize: watchEventSizes(socket.conn),
        mayEmit: createTokenBucket(perSecond, perSecond * eventBurstSeconds),
        may: { ...userLimits.opened(user.id), send_message: maySend },
        isFlood: createBreachCounter(flood.count, flood.windowMs),
      };
      // Here, not by listeners: unknown events come by too, and in the turn they are read.
      socket.use((args) => {
        if (!socket.connected) return;
        underWay++;
        take(socket, user, limits, args)
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
