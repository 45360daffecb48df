import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import { type MessageService, MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import type { Users } from "../members/users.ts";
import type { Memberships } from "../realtime/memberships.ts";
import type { Mentions } from "../realtime/mentions.ts";
import type { Reads } from "../realtime/reads.ts";
import type { RoomMessages } from "../realtime/room-messages.ts";
import { socketIdKey, type Typing } from "../realtime/typing.ts";
import type { MessageStore } from "../store/store.ts";

export interface SendContext {
  store: Pick<MessageStore, "append">;
  users: Pick<Users, "find">;
  messages: Pick<RoomMessages, "offer" | "hint">;
  memberships: Pick<Memberships, "shown">;
  typing: Pick<Typing, "sent">;
  reads: Pick<Reads, "marked">;
  mentions: Pick<Mentions, "stored">;
}

/** Stores a message and hands it to the sockets of its room. It is durable when this answers. */
export const sendMessage =
  ({
    store,
    users,
    messages,
    memberships,
    typing,
    reads,
    mentions,
  }: SendContext): Handler<typeof MessageService, "sendMessage"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    const sender = await users.find(userId);
    if (!sender) throw new AppError("UNAUTHENTICATED");
    const { message, isDuplicate, mark, shown, mentionNumber } = await store.append({
      roomId: request.roomId,
      userId,
      username: sender.name,
      content: request.content,
      messageType: request.messageType || MessageType.TEXT,
      metadata: request.metadata,
      clientMessageId: request.clientMessageId,
      replyTo: request.replyTo,
      mentions: request.mentions,
      mentionsRoom: request.mentionsRoom,
    });
    typing.sent(message.roomId, userId, call.values.get(socketIdKey));
    // Of a repeat there is nothing to send, unless the first was stored and never sent.
    if (isDuplicate) messages.hint(message.roomId, message.seq);
    else messages.offer(message);
    if (mark) reads.marked(mark, true);
    if (mentionNumber !== undefined) mentions.stored({ number: mentionNumber, message });
    for (const change of shown) memberships.shown(change);
    return { data: message, ...(isDuplicate && { duplicate: true }) };
  };
