import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { clientEvents } from "#gen/socket-events.ts";
import type { MessageContext } from "#message/context.ts";
import type { Methods } from "#message/methods.ts";
import { getReadableRoom } from "#message/rooms/rooms.ts";
import type { Call } from "#rpc";
import type { ChatSocket } from "../chat-server.ts";
import { onJoinRoom } from "./join-room.ts";
import { onLeaveRoom } from "./leave-room.ts";
import { requireJoined } from "./room-mutex.ts";

export type ClientEvent = keyof typeof clientEvents;
type Descs<E extends ClientEvent> = (typeof clientEvents)[E];

/** One event of a socket. */
export interface EventCall extends Call {
  socket: ChatSocket;
  user: UserSummary;
  /** Runs when the acknowledgement is out, in the same turn of the event loop. */
  afterAck: (run: () => void) => void;
}

/** Handles an event. What it throws is what the client sees. */
export type EventHandler<E extends ClientEvent> = (
  payload: MessageShape<Descs<E>["payload"]>,
  call: EventCall,
) => Promise<MessageInitShape<Descs<E>["ack"]>>;

export type EventHandlers = { [E in ClientEvent]: EventHandler<E> };

/** Every event of the contract that clients send, one line each. */
export const createEventHandlers = (ctx: MessageContext, methods: Methods): EventHandlers => ({
  join_room: onJoinRoom(ctx),
  leave_room: onLeaveRoom(ctx),
  async send_message(request, call) {
    const { socket, user } = call;
    if (!socket.data.joined.has(request.roomId)) {
      await requireJoined(socket, request.roomId).catch(async (error: unknown) => {
        // A private room of others isn't there.
        await getReadableRoom(ctx.store, request.roomId, user.id);
        throw error;
      });
    }
    return methods.messages.sendMessage(request, call);
  },
  typing_start: ctx.typing.start,
  typing_stop: ctx.typing.stop,
});
