import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { RoomMessages } from "../realtime/room-messages.ts";
import type { MessageStore, NewChange } from "../store/store.ts";

export interface ChangeContext {
  store: Pick<MessageStore, "changeMessage">;
  messages: Pick<RoomMessages, "offerChange" | "hintChange">;
}

/** Changes a message and tells the sockets of its room. It is durable when this answers. */
export async function changeMessage(
  { store, messages }: ChangeContext,
  wanted: NewChange,
): Promise<Message> {
  const { message, change } = await store.changeMessage(wanted);
  // What was so already may have been made by an attempt whose answer was lost.
  if (change) messages.offerChange(change);
  else messages.hintChange(message.roomId, message.revision);
  return message;
}
