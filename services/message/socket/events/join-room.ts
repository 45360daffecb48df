import { AppError } from "#contract/errors.ts";
import { writerOf } from "#contract/wire/writer.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { JoinRoom } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { becomeMember, type Members } from "#message/members/join-room.ts";
import { createGather } from "#message/store/gather.ts";
import { isId } from "#message/store/ids.ts";
import type { MessageStore } from "#message/store/store.ts";
import { turnToAnswer } from "../engine/answer-turns.ts";
import { eventLimits } from "../limits.ts";
import type { EventCall, EventHandler } from "./event-handler.ts";
import { beginJoin, type Joining, type JoiningContext } from "./joining.ts";
import { lockRoom } from "./room-mutex.ts";

const newestCount = 50;
const { missed } = eventLimits;

export type JoinContext = Members & JoiningContext & { store: Pick<MessageStore, "listMessages"> };

/**
 * Subscribes first and reads then. What goes out to the room meanwhile is held back, and
 * follows the acknowledgement: nothing is lost and nothing comes twice between the two.
 */
export const onJoinRoom = (ctx: JoinContext): EventHandler<"join_room"> => {
  const read = createRangeReader(ctx.store);
  return async (request, call) => {
    if (!isId(request.roomId)) throw new AppError("ROOM_NOT_FOUND");
    const unlock = await lockRoom(call.socket, request.roomId);
    const endTurn = await turnToAnswer(call.socket.conn);
    const release = () => {
      endTurn();
      unlock();
    };
    try {
      const joining = await beginJoin(ctx, call.socket, request.roomId, call.user.id);
      try {
        return await join(ctx, read, request, call, joining, release);
      } catch (error) {
        joining.abandon();
        throw error;
      }
    } catch (error) {
      release();
      throw error;
    }
  };
};

async function join(
  members: Members,
  read: RangeReader,
  { roomId, afterSeq }: JoinRoom,
  { socket, user, afterAck }: EventCall,
  joining: Joining,
  release: () => void,
) {
  const { room, change } = await becomeMember(members, roomId, user.id, socket.id);
  if (change) joining.confirm(change.number);
  const { lastSeq } = room;
  const isReset = afterSeq !== undefined && afterSeq > lastSeq;
  const isResumed = afterSeq !== undefined && !isReset;
  const from = isResumed ? afterSeq + 1 : Math.max(lastSeq - newestCount + 1, 1);
  const to = isResumed ? Math.min(from + missed.messages - 1, lastSeq) : lastSeq;
  const range = await read({ roomId, from, to });
  const messages = isResumed ? range.messages.slice(0, range.countFitting()) : range.messages;
  const isBehind = isResumed && (messages.at(-1)?.seq ?? afterSeq) < lastSeq;
  if (!isBehind) await joining.reached(lastSeq);
  await joining.requireMember();
  afterAck(() => {
    if (isBehind) joining.leave();
    else joining.complete(lastSeq);
    release();
  });
  return {
    room,
    messages,
    hasMore: isResumed ? isBehind : !isReset && from > 1,
    ...(isReset && { reset: true }),
  };
}

interface Range {
  roomId: string;
  from: number;
  to: number;
}

/** Messages of a range, and how many of them one answer may carry: at least one. */
type RangeReader = (range: Range) => Promise<{ messages: Message[]; countFitting: () => number }>;

/** Clients that come back at once have mostly missed the same, which is read and measured once. */
function createRangeReader(store: Pick<MessageStore, "listMessages">): RangeReader {
  return createGather({
    keyOf: ({ roomId, from, to }: Range) => `${roomId} ${from} ${to}`,
    async ask([range]) {
      const isEmpty = !range || range.to < range.from;
      const messages = isEmpty ? [] : await store.listMessages(range.roomId, range.from, range.to);
      let fitting: number | undefined;
      return {
        messages,
        countFitting() {
          fitting ??= countFitting(messages);
          return fitting;
        },
      };
    },
  });
}

const writeMessage = writerOf(MessageSchema);

function countFitting(messages: readonly Message[]): number {
  let bytes = 0;
  const tooMany = messages.findIndex((message, i) => {
    bytes += Buffer.byteLength(JSON.stringify(writeMessage(message))) + 1;
    return i > 0 && bytes > missed.bytes;
  });
  return tooMany === -1 ? messages.length : tooMany;
}
