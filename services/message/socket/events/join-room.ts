import { create } from "@bufbuild/protobuf";
import { AppError } from "#common/errors.ts";
import { writerOf } from "#common/wire/writer.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import {
  type JoinRoom,
  type JoinRoomAck,
  JoinRoomAckSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { MessageContext } from "../../context.ts";
import { joinRoom } from "../../rooms.ts";
import { isId } from "../../store/ids.ts";
import type { MessageStore } from "../../store/store.ts";
import type { EventCall, EventHandler } from "../event-handler.ts";
import { takeTurn } from "../turns.ts";
import { beginJoin, type Joining } from "./joining.ts";

const newestCount = 50;
const missed = { messages: 200, bytes: 256 * 1024 };

/**
 * Subscribes first and reads then. What goes out to the room meanwhile is held back, and
 * follows the acknowledgement: nothing is lost and nothing comes twice between the two.
 */
export const onJoinRoom =
  (ctx: MessageContext): EventHandler<"join_room"> =>
  async (request, call) => {
    if (!isId(request.roomId)) throw new AppError("ROOM_NOT_FOUND");
    const endTurn = await takeTurn(call.socket, request.roomId);
    try {
      const joining = await beginJoin(ctx, call.socket, request.roomId, call.user.id);
      try {
        return await join(ctx, request, call, joining, endTurn);
      } catch (error) {
        joining.abandon();
        throw error;
      }
    } catch (error) {
      endTurn();
      throw error;
    }
  };

async function join(
  ctx: MessageContext,
  { roomId, afterSeq }: JoinRoom,
  { socket, user, afterAck }: EventCall,
  joining: Joining,
  endTurn: () => void,
): Promise<JoinRoomAck> {
  const room = await joinRoom(ctx, roomId, user.id, socket.id);
  joining.confirm();
  const { lastSeq } = room;
  const isReset = afterSeq !== undefined && afterSeq > lastSeq;
  const isResumed = afterSeq !== undefined && !isReset;
  const from = isResumed ? afterSeq + 1 : Math.max(lastSeq - newestCount + 1, 1);
  const messages = isResumed
    ? await readMissed(ctx.store, roomId, from, lastSeq)
    : await ctx.store.listMessages(roomId, from, lastSeq);
  const isBehind = isResumed && (messages.at(-1)?.seq ?? afterSeq) < lastSeq;
  if (!isBehind) await joining.reached(lastSeq);
  joining.requireMember(room);
  afterAck(() => {
    if (isBehind) joining.leave();
    else joining.complete(lastSeq);
    endTurn();
  });
  return create(JoinRoomAckSchema, {
    room,
    messages,
    hasMore: isResumed ? isBehind : !isReset && from > 1,
    ...(isReset && { reset: true }),
  });
}

const writeMessage = writerOf(MessageSchema);

/** The first of what was missed: as much as one answer may carry, at least one message. */
async function readMissed(
  store: MessageStore,
  roomId: string,
  from: number,
  lastSeq: number,
): Promise<Message[]> {
  const to = Math.min(from + missed.messages - 1, lastSeq);
  const messages = await store.listMessages(roomId, from, to);
  let bytes = 0;
  const tooMany = messages.findIndex((message, i) => {
    bytes += Buffer.byteLength(JSON.stringify(writeMessage(message))) + 1;
    return i > 0 && bytes > missed.bytes;
  });
  return tooMany === -1 ? messages : messages.slice(0, tooMany);
}
