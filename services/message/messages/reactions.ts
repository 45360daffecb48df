import { requireUser } from "#common/rpc/caller.ts";
import { AppError, invalid } from "#contract/errors.ts";
import { emojiRule, toEmoji } from "#contract/wire/emoji.ts";
import type { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import type { Users } from "../members/users.ts";
import { paginationOf, sliceOf } from "../rooms/list-rooms.ts";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";
import { type ChangeContext, changeMessage } from "./change-message.ts";

/** A message and an emoji, as they were given. */
interface Target {
  roomId: string;
  seq: number;
  emoji: string;
}

type ReactionContext = ChangeContext & { store: Pick<MessageStore, "findRoom"> };

export const addReaction =
  (ctx: ReactionContext): Handler<typeof MessageService, "addReaction"> =>
  async (target, call) => ({ data: await react(ctx, target, requireUser(call).userId, true) });

export const removeReaction =
  (ctx: ReactionContext): Handler<typeof MessageService, "removeReaction"> =>
  async (target, call) => ({ data: await react(ctx, target, requireUser(call).userId, false) });

export const listReactions =
  (
    store: Pick<MessageStore, "findRoom" | "listReactors">,
    users: Pick<Users, "findAll">,
  ): Handler<typeof MessageService, "listReactions"> =>
  async (request, call) => {
    const { room } = await getReadableRoom(store, request.roomId, requireUser(call).userId);
    const slice = sliceOf(request);
    const reactors = await store.listReactors(room.id, request.seq, emojiOf(request), slice);
    if (!reactors) throw new AppError("MESSAGE_NOT_FOUND");
    const { userIds, total } = reactors;
    const found = await users.findAll(userIds);
    return {
      users: userIds.map((userId) => {
        const { username = "", name = "" } = found.get(userId) ?? {};
        return { userId, username, name };
      }),
      pagination: paginationOf(slice, total),
    };
  };

async function react(ctx: ReactionContext, target: Target, userId: string, isOn: boolean) {
  const { roomId, seq } = target;
  if (!toEmoji(target.emoji)) await getReadableRoom(ctx.store, roomId, userId);
  const act = { kind: "react", emoji: emojiOf(target), isOn } as const;
  return changeMessage(ctx, { roomId, seq, userId, act });
}

/** What in a path was none is refused here, after the room: see `readPath`. */
function emojiOf({ emoji }: Target): string {
  const stored = toEmoji(emoji);
  if (stored === undefined) throw invalid("emoji", emojiRule);
  return stored;
}
