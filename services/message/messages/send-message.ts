import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import { type MessageService, MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import type { Users } from "../members/users.ts";
import type { RoomMessages } from "../realtime/room-messages.ts";
import { socketIdKey, type Typing } from "../realtime/typing.ts";
import type { MessageStore } from "../store/store.ts";

/** Stores a message and hands it to the sockets of its room. It is durable when this answers. */
export const sendMessage =
  (
    store: Pick<MessageStore, "append">,
    users: Pick<Users, "find">,
    messages: Pick<RoomMessages, "offer" | "hint">,
    typing: Pick<Typing, "sent">,
  ): Handler<typeof MessageService, "sendMessage"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    const sender = await users.find(userId);
    if (!sender) throw new AppError("UNAUTHENTICATED");
    const { message, isDuplicate } = await store.append({
      roomId: request.roomId,
      userId,
      username: sender.name,
      content: request.content,
      messageType: request.messageType || MessageType.TEXT,
      metadata: request.metadata,
      clientMessageId: request.clientMessageId,
    });
    typing.sent(message.roomId, userId, call.values.get(socketIdKey));
    // Of a repeat there is nothing to send, unless the first was stored and never sent.
    if (isDuplicate) messages.hint(message.roomId, message.seq);
    else messages.offer(message);
    return { data: message, ...(isDuplicate && { duplicate: true }) };
  };
