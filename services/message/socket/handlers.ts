import type { MessageShape } from "@bufbuild/protobuf";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { clientEvents } from "#gen/socket-events.ts";
import type { MessageContext } from "../context.ts";
import { onJoinRoom } from "./events/join-room.ts";
import { onLeaveRoom } from "./events/leave-room.ts";
import { onSendMessage } from "./events/send-message.ts";
import { onTypingStart, onTypingStop } from "./events/typing.ts";
import type { ChatSocket } from "./types.ts";

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

/** Every event of the contract that clients send, one line each. */
export const eventHandlers = (ctx: MessageContext): EventHandlers => ({
  join_room: onJoinRoom(ctx),
  leave_room: onLeaveRoom(ctx),
  send_message: onSendMessage(ctx),
  typing_start: onTypingStart(ctx),
  typing_stop: onTypingStop(ctx),
});
