import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { metadataText, type Pending, parseMetadata } from "../pending.ts";
import { type MessageDocument, type Mongo, toObjectId } from "./models.ts";

export async function listMessages(
  { messages, readLevel }: Mongo,
  roomId: string,
  from: number,
  to: number,
): Promise<Message[]> {
  const documents = await messages
    .find({ roomId: toObjectId(roomId), seq: { $gte: from, $lte: to } })
    .sort({ seq: 1 })
    .readConcern(readLevel)
    .lean();
  return documents.map(documentToMessage);
}

export function pendingToDocument(message: Pending, seq: number, at: Date): MessageDocument {
  const { id, roomId, userId, username, content, messageType, clientMessageId } = message;
  return {
    _id: toObjectId(id),
    roomId: toObjectId(roomId),
    seq,
    userId,
    username,
    content,
    messageType,
    metadata: metadataText(message),
    ...(clientMessageId !== undefined && { clientMessageId }),
    createdAt: at,
    updatedAt: at,
  };
}

export function documentToMessage(document: MessageDocument): Message {
  const { metadata, clientMessageId } = document;
  const message = create(MessageSchema, {
    id: document._id.toHexString(),
    userId: document.userId,
    username: document.username,
    roomId: document.roomId.toHexString(),
    content: document.content,
    messageType: document.messageType,
    createdAt: timestampFromDate(document.createdAt),
    updatedAt: timestampFromDate(document.updatedAt),
    seq: document.seq,
  });
  if (metadata !== null) message.metadata = parseMetadata(metadata);
  if (clientMessageId !== undefined) message.clientMessageId = clientMessageId;
  return message;
}
