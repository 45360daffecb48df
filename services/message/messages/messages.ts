import { create } from "@bufbuild/protobuf";
import { AppError } from "#contract/errors.ts";
import {
  type ListMessagesRequest,
  type ListMessagesResponse,
  ListMessagesResponseSchema,
  MessageType,
  type SendMessageRequest,
  type SendMessageResponse,
  SendMessageResponseSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Names } from "../members/names.ts";
import type { Fanout } from "../realtime/fanout.ts";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";
import { takePageTurn } from "./page-turns.ts";

/** What the rules of messages need. */
export interface MessagesContext {
  store: MessageStore;
  names: Names;
  fanout: Pick<Fanout, "offer" | "hint">;
}

/**
 * Stores a message and hands it to the sockets of its room. It is durable when this answers.
 * @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM, UNAVAILABLE, BUSY
 */
export async function sendMessage(
  { store, names, fanout }: MessagesContext,
  userId: string,
  request: SendMessageRequest,
): Promise<SendMessageResponse> {
  const sender = await names.find(userId);
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
  // Of a repeat there is nothing to send, unless the first was stored and never sent.
  if (isDuplicate) fanout.hint(message.roomId, message.seq);
  else fanout.offer(message);
  return create(SendMessageResponseSchema, {
    data: message,
    ...(isDuplicate && { duplicate: true }),
  });
}

/**
 * A page of a room's messages. Numbers have no gaps, so that a page is a range of them.
 * @throws AppError ROOM_NOT_FOUND
 */
export async function listMessages(
  store: MessageStore,
  userId: string,
  request: ListMessagesRequest,
): Promise<ListMessagesResponse> {
  const { room } = await getReadableRoom(store, request.roomId, userId);
  const limit = request.limit ?? 50;
  const { from, to } = rangeOf(request, limit, room.lastSeq);
  const messages = await store.listMessages(room.id, from, to);
  await takePageTurn(messages);
  const isByPage = request.before === undefined && request.after === undefined;
  return create(ListMessagesResponseSchema, {
    messages,
    pagination: {
      ...(isByPage && {
        currentPage: request.page ?? 1,
        totalPages: Math.ceil(room.lastSeq / limit),
      }),
      totalItems: room.lastSeq,
      itemsPerPage: limit,
      hasNext: Math.min(from - 1, room.lastSeq) > 0,
      hasPrevious: to < room.lastSeq,
    },
  });
}

/** The numbers of a page, both included; an empty page ends before it begins. */
function rangeOf(
  { page = 1, before, after }: ListMessagesRequest,
  limit: number,
  lastSeq: number,
): { from: number; to: number } {
  if (after !== undefined) return { from: after + 1, to: Math.min(after + limit, lastSeq) };
  const to =
    before === undefined
      ? Math.max(lastSeq - (page - 1) * limit, 0)
      : Math.min(before - 1, lastSeq);
  return { from: Math.max(to - limit + 1, 1), to };
}
