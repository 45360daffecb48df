import { create } from "@bufbuild/protobuf";
import { AppError } from "#contract/errors.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type JoinRoom, RoomAddedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { becomeMember, type Members } from "#message/members/join-room.ts";
import type { Outgoing } from "#message/realtime/delivery.ts";
import type { Reads } from "#message/realtime/reads.ts";
import type { RoomNotices } from "#message/realtime/room-notices.ts";
import { isId } from "#message/store/ids.ts";
import { atPosition } from "#message/store/room-view.ts";
import type { MessageStore, Missed, Since } from "#message/store/store.ts";
import { turnToAnswer } from "../engine/answer-turns.ts";
import { textOf } from "../json-text.ts";
import { eventLimits } from "../limits.ts";
import type { EventCall, EventHandler } from "./event-handler.ts";
import { beginJoin, type Joining, type JoiningContext } from "./joining.ts";
import { lockRoom } from "./room-mutex.ts";

const newestCount = 50;
const { missed: mostMissed } = eventLimits;

export type JoinContext = Members &
  JoiningContext & {
    store: Pick<MessageStore, "readMissed" | "readPage">;
    reads: Pick<Reads, "note">;
    notices: Pick<RoomNotices, "note">;
  };

/**
 * Subscribes first and reads then. What goes out to the room meanwhile is held back, and
 * follows the acknowledgement: nothing is lost and nothing comes twice between the two.
 */
export const onJoinRoom =
  (ctx: JoinContext): EventHandler<"join_room"> =>
  async (request, call) => {
    if (!isId(request.roomId)) throw new AppError("ROOM_NOT_FOUND");
    const unlock = await lockRoom(call.socket, request.roomId);
    const endTurn = await turnToAnswer(call.socket.conn);
    const release = () => {
      endTurn();
      unlock();
    };
    const notes = [ctx.reads.note(call.socket, call.user.id), ctx.notices.note(call.socket)];
    const endNotes = (isAnswered: boolean) => {
      for (const end of notes) end(isAnswered);
    };
    try {
      const joining = await beginJoin(ctx, call.socket, request.roomId, call.user.id);
      try {
        return await join(ctx, request, call, joining, () => {
          endNotes(true);
          release();
        });
      } catch (error) {
        joining.abandon();
        throw error;
      }
    } catch (error) {
      endNotes(false);
      release();
      throw error;
    }
  };

async function join(
  ctx: JoinContext,
  request: JoinRoom,
  { socket, user, afterAck }: EventCall,
  joining: Joining,
  release: () => void,
) {
  const { room, change } = await becomeMember(ctx, request.roomId, user.id, socket.id);
  if (change) joining.confirm(change.number);
  const found = await find(ctx.store, request, user.id, joining).catch((error: unknown) => {
    // The user's other sockets are told by the event, this one would have been by the answer.
    const added: Outgoing = { event: "room_added", payload: create(RoomAddedSchema, { room }) };
    if (change && !joining.isRemoved()) ctx.delivery.send(socket, [added]);
    throw error;
  });
  const { messages, changes, lastSeq, lastRevision, hasMore, isBehind, isReset } = found;
  await joining.requireMember();
  afterAck(() => {
    if (isBehind) joining.leave();
    else joining.complete({ lastSeq, lastRevision });
    release();
  });
  return {
    room: atPosition(user.id, room, found),
    messages,
    changes,
    hasMore: hasMore && !isReset,
    ...(isReset && { reset: true }),
  };
}

/** What was asked for, read at a moment from which on the socket gets everything by events. */
async function find(
  store: JoinContext["store"],
  { roomId, afterSeq, afterRevision }: JoinRoom,
  userId: string,
  joining: Joining,
): Promise<Found & { isReset: boolean }> {
  for (;;) {
    const missed =
      afterSeq === undefined
        ? undefined
        : await readMissed(store, roomId, { afterSeq, afterRevision });
    const found = missed ?? (await readNewest(store, roomId, userId));
    if (!found.isBehind) await joining.reached(found);
    if (found.isBehind || !joining.isAheadOf(found)) {
      return { ...found, isReset: afterSeq !== undefined && !missed };
    }
  }
}

/** What an answer carries, and where the room stood then. */
interface Found extends Missed {
  /** More of what was asked for is there. */
  hasMore: boolean;
  /** The client has to ask again before it can be in the room. */
  isBehind: boolean;
}

async function readNewest(
  store: Pick<MessageStore, "readPage">,
  roomId: string,
  userId: string,
): Promise<Found> {
  const page = await store.readPage(roomId, userId, { limit: newestCount });
  const hasMore = (page.messages[0]?.seq ?? 1) > 1;
  return { ...page, changes: [], hasMore, isBehind: false };
}

/** What was missed, as much of it as one answer may carry; undefined: that can't be said. */
async function readMissed(
  store: Pick<MessageStore, "readMissed">,
  roomId: string,
  since: Since,
): Promise<Found | undefined> {
  const missed = await store.readMissed(roomId, since, mostMissed.messages);
  const { lastSeq, lastRevision } = missed;
  const isBeyond = since.afterSeq > lastSeq || (since.afterRevision ?? 0) > lastRevision;
  if (isBeyond) return undefined;
  const count = countFitting(missed);
  const changes = missed.changes.slice(0, count);
  const messages = missed.messages.slice(0, count - changes.length);
  const isBehind =
    changes.length < missed.changes.length || (messages.at(-1)?.seq ?? since.afterSeq) < lastSeq;
  return { ...missed, changes, messages, hasMore: isBehind, isBehind };
}

const fitting = new WeakMap<Missed, number>();

/**
 * How many one answer may carry, the changes first: at least one. Clients that come back at once
 * have mostly missed the same; the store answers them by one object, which is measured once.
 */
function countFitting(missed: Missed): number {
  const count = fitting.get(missed) ?? measure([...missed.changes, ...missed.messages]);
  fitting.set(missed, count);
  return count;
}

function measure(messages: readonly Message[]): number {
  let bytes = 0;
  const tooMany = messages.findIndex((message, i) => {
    bytes += Buffer.byteLength(textOf(MessageSchema, message)) + 1;
    return i >= mostMissed.messages || (i > 0 && bytes > mostMissed.bytes);
  });
  return tooMany === -1 ? messages.length : tooMany;
}
