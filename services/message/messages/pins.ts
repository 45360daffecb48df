import { requireUser } from "#common/rpc/caller.ts";
import type { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";
import { type ChangeContext, changeMessage } from "./change-message.ts";

export const pinMessage =
  (ctx: ChangeContext): Handler<typeof MessageService, "pinMessage"> =>
  async ({ roomId, seq }, call) => {
    const { userId } = requireUser(call);
    const act = { kind: "pin", isOn: true } as const;
    return { data: await changeMessage(ctx, { roomId, seq, userId, act }) };
  };

export const unpinMessage =
  (ctx: ChangeContext): Handler<typeof MessageService, "unpinMessage"> =>
  async ({ roomId, seq }, call) => {
    const { userId } = requireUser(call);
    const act = { kind: "pin", isOn: false } as const;
    return { data: await changeMessage(ctx, { roomId, seq, userId, act }) };
  };

/** There are so few of them that one answer holds all. */
export const listPins =
  (
    store: Pick<MessageStore, "findRoom" | "listPins">,
  ): Handler<typeof MessageService, "listPins"> =>
  async ({ roomId }, call) => {
    const { room } = await getReadableRoom(store, roomId, requireUser(call).userId);
    return { messages: await store.listPins(room.id) };
  };
