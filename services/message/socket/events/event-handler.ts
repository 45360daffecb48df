import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { clientEvents } from "#gen/socket-events.ts";
import type { Call } from "#rpc";
import type { ChatSocket } from "../chat-server.ts";

type Declared = typeof clientEvents;

export type ClientEvent = keyof Declared;

/** Events that a method's handler serves: their payload is its request. */
type MethodEvent = {
  [E in ClientEvent]: Declared[E] extends { method: DescMethodUnary } ? E : never;
}[ClientEvent];

/** One event of a socket. */
export interface EventCall extends Call {
  socket: ChatSocket;
  user: UserSummary;
  /** Runs when the acknowledgement is out, in the same turn of the event loop. */
  afterAck: (run: () => void) => void;
}

/** Handles an event. What it throws is what the client sees. */
export type EventHandler<E extends ClientEvent> = (
  payload: MessageShape<Declared[E]["payload"]>,
  call: EventCall,
) => Promise<MessageInitShape<Declared[E]["ack"]>>;

export type EventHandlers = { [E in Exclude<ClientEvent, MethodEvent>]: EventHandler<E> };
