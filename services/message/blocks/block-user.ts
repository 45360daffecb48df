import { requireUser } from "#common/rpc/caller.ts";
import { invalid } from "#contract/errors.ts";
import type { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import type { Call, Handler } from "#rpc";
import type { FindUser } from "../members/find-user.ts";
import type { MessageStore } from "../store/store.ts";
import type { Blocks } from "./blocks.ts";

interface Blocking {
  store: Pick<MessageStore, "block" | "unblock">;
  blocks: Pick<Blocks, "changed">;
}

export const blockUser =
  ({ store, blocks }: Blocking, findUser: FindUser): Handler<typeof BlockService, "blockUser"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    await store.block(userId, await findAnother(findUser, request, call));
    blocks.changed(userId);
    return {};
  };

export const unblockUser =
  ({ store, blocks }: Blocking, findUser: FindUser): Handler<typeof BlockService, "unblockUser"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    await store.unblock(userId, await findAnother(findUser, request, call));
    blocks.changed(userId);
    return {};
  };

async function findAnother(
  findUser: FindUser,
  request: { userId: string },
  call: Call,
): Promise<string> {
  const found = await findUser(request, call);
  if (found === requireUser(call).userId) throw invalid("userId", "must be somebody else");
  return found;
}
