import { requireUser } from "#common/rpc/caller.ts";
import type { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { type ChangeContext, changeMessage } from "./change-message.ts";

export const deleteMessage =
  (ctx: ChangeContext): Handler<typeof MessageService, "deleteMessage"> =>
  async ({ roomId, seq }, call) => {
    const { userId } = requireUser(call);
    return { data: await changeMessage(ctx, { roomId, seq, userId, act: { kind: "delete" } }) };
  };
