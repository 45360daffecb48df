import { requireUser } from "#common/rpc/caller.ts";
import type { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import type { MessageStore } from "../store/store.ts";

/** Lists the messages that mention the caller, the newest first. A cursor is the number of one. */
export const listMentions =
  (store: Pick<MessageStore, "listMentions">): Handler<typeof MessageService, "listMentions"> =>
  async ({ limit = 50, cursor }, call) => {
    const { userId } = requireUser(call);
    const below = cursor === undefined ? undefined : Number(cursor);
    const found = await store.listMentions({ userId, below, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      messages: page.map(({ message }) => message),
      ...(found.length > limit && last && { nextCursor: String(last.number) }),
    };
  };
