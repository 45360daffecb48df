import type { MessageShape } from "@bufbuild/protobuf";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { clientEvents } from "#gen/socket-events.ts";
import type { ChatSocket } from "../engine/types.ts";

export type ClientEvent = keyof typeof clientEvents;
export type Payload<E extends ClientEvent> = MessageShape<(typeof clientEvents)[E]["payload"]>;
export type Answer<E extends ClientEvent> = MessageShape<(typeof clientEvents)[E]["ack"]>;

/** One event of a socket. */
export interface EventCall {
  socket: ChatSocket;
  user: UserSummary;
  /** Runs when the acknowledgement is out, in the same turn. */
  afterAck: (run: () => void) => void;
}

/** Handles an event; what it throws is what the client is told. */
export type EventHandler<E extends ClientEvent> = (
  payload: Payload<E>,
  call: EventCall,
) => Promise<Answer<E>>;

export type EventHandlers = { [E in ClientEvent]: EventHandler<E> };
