import { requireUser } from "#common/rpc/caller.ts";
import type { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import type { Handler } from "#rpc";
import type { Users } from "../members/users.ts";
import type { MessageStore } from "../store/store.ts";

export const listBlocks =
  (
    store: Pick<MessageStore, "listBlocks">,
    users: Pick<Users, "findAll">,
  ): Handler<typeof BlockService, "listBlocks"> =>
  async (_req, call) => {
    const userIds = await store.listBlocks(requireUser(call).userId);
    const found = await users.findAll(userIds);
    return {
      users: userIds.map((userId) => {
        const { username = "", name = "" } = found.get(userId) ?? {};
        return { userId, username, name };
      }),
    };
  };
