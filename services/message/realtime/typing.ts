import { create } from "@bufbuild/protobuf";
import {
  TypingStartedSchema,
  TypingStoppedSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Users } from "../members/users.ts";
import { roomName, userRoomName } from "../socket/chat-server.ts";
import { emitTo } from "../socket/emit.ts";
import type { EventCall, EventHandler } from "../socket/events/event-handler.ts";
import type { Delivery } from "./delivery.ts";

/** Notifies everybody else in a room, on all instances, of who is typing. */
export interface Typing {
  start: EventHandler<"typing_start">;
  stop: EventHandler<"typing_stop">;
}

export function createTyping(
  users: Pick<Users, "find">,
  delivery: Pick<Delivery, "flush">,
): Typing {
  const typist = async (roomId: string, { user }: EventCall) => {
    const { name } = (await users.find(user.id)) ?? user;
    // What was said before is seen before.
    delivery.flush(roomId);
    return { roomId, userId: user.id, username: name };
  };
  return {
    async start({ roomId }, call) {
      const about = await typist(roomId, call);
      emitTo(othersIn(roomId, call), "typing_start", create(TypingStartedSchema, about));
      return {};
    },
    async stop({ roomId }, call) {
      const about = await typist(roomId, call);
      emitTo(othersIn(roomId, call), "typing_stop", create(TypingStoppedSchema, about));
      return {};
    },
  };
}

/** Not the user's own other sockets: they know. */
function othersIn(roomId: string, { socket, user }: EventCall) {
  return socket.to(roomName(roomId)).except(userRoomName(user.id));
}
