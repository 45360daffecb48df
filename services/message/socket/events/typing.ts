import { create } from "@bufbuild/protobuf";
import {
  TypingStartAckSchema,
  TypingStartedSchema,
  TypingStopAckSchema,
  TypingStoppedSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { MessageContext } from "#message/context.ts";
import { emitTo } from "../engine/emit.ts";
import { roomName, userRoomName } from "../engine/room-names.ts";
import type { EventCall, EventHandler } from "./event-handler.ts";
import { requireJoined } from "./turns.ts";

export const onTypingStart =
  (ctx: MessageContext): EventHandler<"typing_start"> =>
  async ({ roomId }, call) => {
    const about = await typist(ctx, roomId, call);
    emitTo(othersIn(roomId, call), "typing_start", create(TypingStartedSchema, about));
    return create(TypingStartAckSchema);
  };

export const onTypingStop =
  (ctx: MessageContext): EventHandler<"typing_stop"> =>
  async ({ roomId }, call) => {
    const about = await typist(ctx, roomId, call);
    emitTo(othersIn(roomId, call), "typing_stop", create(TypingStoppedSchema, about));
    return create(TypingStopAckSchema);
  };

async function typist(
  { names, delivery }: MessageContext,
  roomId: string,
  { socket, user }: EventCall,
) {
  await requireJoined(socket, roomId);
  const { name } = (await names.find(user.id)) ?? user;
  // What was said before is seen before.
  delivery.flush(roomId);
  return { roomId, userId: user.id, username: name };
}

/** Everybody else in the room; the user's own other sockets know. */
function othersIn(roomId: string, { socket, user }: EventCall) {
  return socket.to(roomName(roomId)).except(userRoomName(user.id));
}
