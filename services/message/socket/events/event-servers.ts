import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { ErrorCode } from "#contract/errors.ts";
import { validate } from "#contract/validate.ts";
import { readJson } from "#contract/wire/reader.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { Access, event as eventOption } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { clientEvents } from "#gen/socket-events.ts";
import type { Methods } from "#message/methods.ts";
import type { Call } from "#rpc";
import { answerWriterOf } from "./answer-text.ts";
import type { ClientEvent, EventCall, EventHandlers } from "./event-handler.ts";

/** Lets a valid payload pass to its handler, at once or later, or throws. */
type Admit = (payload: Message) => Promise<void> | void;

/** Answers the JSON text of the acknowledgement. */
type Serve = (json: unknown, call: EventCall, admit: Admit) => Promise<string>;

/** What serves an event, from JSON to JSON. */
export interface EventServer {
  event: ClientEvent;
  mustJoin: boolean;
  failures: ReadonlySet<ErrorCode>;
  serve: Serve;
}

/**
 * Pairs each event of the contract with its handler, which is the method's where it has one.
 * @throws Error where an event has none, or does not declare that users may send it
 */
export function createEventServers(
  handlers: EventHandlers,
  methods: Methods,
): ReadonlyMap<string, EventServer> {
  const own = new Map<string, Serve>(
    keysOf(handlers).map((event) => [event, ownServer(event, handlers)]),
  );
  const byMethod = new Map([
    ...methodServers(RoomService, methods.rooms),
    ...methodServers(MessageService, methods.messages),
  ]);
  const serverOf = (event: ClientEvent): EventServer => {
    const declared = clientEvents[event];
    requireUserAccess(declared.payload);
    const serve = "method" in declared ? byMethod.get(declared.method) : own.get(event);
    if (!serve) throw new Error(`nothing handles the event ${event}`);
    const { mustJoin, failures } = declared;
    return { event, mustJoin, failures, serve };
  };
  return new Map(keysOf(clientEvents).map((event) => [event, serverOf(event)]));
}

function serving<P extends DescMessage, A extends DescMessage>(
  payloadDesc: P,
  ackDesc: A,
  handler: (payload: MessageShape<P>, call: EventCall) => Promise<MessageInitShape<A>>,
): Serve {
  const write = answerWriterOf(ackDesc);
  return async (json, call, admit) => {
    const payload = readJson(payloadDesc, json);
    validate(payloadDesc, payload);
    // Handlers begin in the order of their events: those that needn't wait begin at once.
    const waiting = admit(payload);
    if (waiting) await waiting;
    return write(create(ackDesc, await handler(payload, call)));
  };
}

type MethodHandlers<S extends DescService> = {
  [M in keyof S["method"]]: (
    request: MessageShape<S["method"][M]["input"]>,
    call: Call,
  ) => Promise<MessageInitShape<S["method"][M]["output"]>>;
};

function methodServers<S extends DescService>(
  service: S,
  handlers: MethodHandlers<S>,
): [DescMethod, Serve][] {
  const methods: S["method"] = service.method;
  const serverOf = <M extends keyof S["method"]>(name: M): [DescMethod, Serve] => {
    const method: S["method"][M] = methods[name];
    const handler: MethodHandlers<S>[M] = handlers[name];
    const serve = serving<S["method"][M]["input"], S["method"][M]["output"]>(
      method.input,
      method.output,
      handler,
    );
    return [method, serve];
  };
  return keysOf(methods).map(serverOf);
}

function ownServer<E extends keyof EventHandlers>(event: E, handlers: EventHandlers): Serve {
  const { payload, ack }: (typeof clientEvents)[E] = clientEvents[event];
  return serving<(typeof clientEvents)[E]["payload"], (typeof clientEvents)[E]["ack"]>(
    payload,
    ack,
    handlers[event],
  );
}

function keysOf<T extends object>(object: T): (keyof T & string)[] {
  return Object.keys(object).filter((key): key is keyof T & string => key in object);
}

function requireUserAccess(payload: DescMessage): void {
  const isDeclared = hasOption(payload, eventOption);
  if (!isDeclared || getOption(payload, eventOption).access !== Access.USER) {
    throw new Error(`${payload.typeName} does not declare that users may send it (event.access)`);
  }
}
