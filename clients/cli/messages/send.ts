import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  SendMessageRequestSchema,
  SendMessageResponse,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Connection } from "../connection.ts";
import { again } from "./again.ts";

/** Sends a message, again where the answer is lost: by its id it is stored once. @throws Failure */
export function sendOnce(
  messages: Connection["messages"],
  request: MessageInitShape<typeof SendMessageRequestSchema>,
): Promise<SendMessageResponse> {
  const repeatable = { ...request, clientMessageId: request.clientMessageId ?? randomUUID() };
  return again(() => messages.sendMessage(repeatable));
}
