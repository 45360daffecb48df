import {
  type Message,
  MessageType,
  MessageTypeSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Column, enumText, timeOf } from "../output.ts";

/** A message as a line for people. */
export const messageColumns: readonly Column<Message>[] = [
  { title: "seq", of: (it) => it.seq },
  { title: "sent", of: (it) => timeOf(it.createdAt) },
  { title: "who", of: (it) => it.username },
  { title: "message", of: contentOf },
];

function contentOf({ content, deletedAt, editedAt, messageType }: Message): string {
  if (deletedAt) return "(deleted)";
  const isText = messageType === MessageType.TEXT;
  const kind = isText ? "" : `[${enumText(MessageTypeSchema, messageType)}] `;
  return `${kind}${content}${editedAt ? " (edited)" : ""}`;
}
