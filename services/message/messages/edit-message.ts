import { requireUser } from "#common/rpc/caller.ts";
import type { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { type ChangeContext, changeMessage } from "./change-message.ts";

export const editMessage =
  (ctx: ChangeContext): Handler<typeof MessageService, "editMessage"> =>
  async ({ roomId, seq, content, metadata }, call) => {
    const { userId } = requireUser(call);
    const act = { kind: "edit", content, metadata } as const;
    return { data: await changeMessage(ctx, { roomId, seq, userId, act }) };
  };
