import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { Message, MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore, Place } from "../store/store.ts";
import { phrasesOf } from "./words.ts";

/** Finds messages in the rooms that the caller is a member of, the newest first. */
export const searchMessages =
  (
    store: Pick<MessageStore, "findRoom" | "search">,
  ): Handler<typeof MessageService, "searchMessages"> =>
  async ({ q, roomId, userId: senderId, after, before, limit = 20, cursor }, call) => {
    const { userId } = requireUser(call);
    if (roomId !== undefined) {
      const { isMember } = await getReadableRoom(store, roomId, userId);
      if (!isMember) throw new AppError("NOT_IN_ROOM");
    }
    const phrases = phrasesOf(q);
    if (phrases.length === 0) return { messages: [] };
    const found = await store.search({
      userId,
      phrases,
      roomId,
      senderId,
      after: toDate(after),
      before: toDate(before),
      beyond: cursor === undefined ? undefined : fromCursor(cursor),
      limit: limit + 1,
    });
    const messages = found.slice(0, limit);
    const last = messages.at(-1);
    return { messages, ...(found.length > limit && last && { nextCursor: toCursor(last) }) };
  };

/** The last time that every database can hold: the end of the year 9999. */
const lastTime = 253_402_300_799_999;

/** No message is older than 1970. */
function toDate(time: Timestamp | undefined): Date | undefined {
  if (!time) return undefined;
  return new Date(Math.min(Math.max(timestampDate(time).getTime(), 0), lastTime));
}

/** Its form is the contract's: see `SearchMessagesRequest`. */
function fromCursor(cursor: string): Place {
  const [time = "", id = ""] = cursor.split("-");
  return { createdAt: new Date(Math.min(Number(time), lastTime)), id };
}

function toCursor({ createdAt, id }: Message): string {
  const time = createdAt ? timestampDate(createdAt).getTime() : 0;
  return `${time}-${id}`;
}
