import { requireUser } from "#common/rpc/caller.ts";
import { implement } from "#common/rpc/server.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { MessageContext } from "../context.ts";
import { listMessages, sendMessage } from "./messages.ts";

/** MessageService, one line a method. */
export const messageService = (ctx: MessageContext) =>
  implement(MessageService, {
    listMessages: (req, call) => listMessages(ctx.store, requireUser(call).userId, req),
    sendMessage: (req, call) => sendMessage(ctx, requireUser(call).userId, req),
  });
