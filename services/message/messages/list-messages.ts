import { setImmediate } from "node:timers/promises";
import { requireUser } from "#common/rpc/caller.ts";
import type {
  ListMessagesRequest,
  Message,
  MessageService,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";

/** A page of a room's messages. Numbers have no gaps, so that a page is a range of them. */
export const listMessages =
  (
    store: Pick<MessageStore, "findRoom" | "listMessages">,
  ): Handler<typeof MessageService, "listMessages"> =>
  async (request, call) => {
    const { room } = await getReadableRoom(store, request.roomId, requireUser(call).userId);
    const limit = request.limit ?? 50;
    const { from, to } = rangeOf(request, limit, room.lastSeq);
    const messages = await store.listMessages(room.id, from, to);
    if (isLarge(messages)) await nextLargePage();
    const isByPage = request.before === undefined && request.after === undefined;
    return {
      messages,
      pagination: {
        ...(isByPage && {
          currentPage: request.page ?? 1,
          totalPages: Math.ceil(room.lastSeq / limit),
        }),
        totalItems: room.lastSeq,
        itemsPerPage: limit,
        hasNext: Math.min(from - 1, room.lastSeq) > 0,
        hasPrevious: to < room.lastSeq,
      },
    };
  };

/** The numbers of a page, both included; an empty page ends before it begins. */
function rangeOf(
  { page = 1, before, after }: ListMessagesRequest,
  limit: number,
  lastSeq: number,
): { from: number; to: number } {
  if (after !== undefined) return { from: after + 1, to: Math.min(after + limit, lastSeq) };
  const to =
    before === undefined
      ? Math.max(lastSeq - (page - 1) * limit, 0)
      : Math.min(before - 1, lastSeq);
  return { from: Math.max(to - limit + 1, 1), to };
}

const largeChars = 64 * 1024;
/** Metadata is at most 8 KiB, and slow to write. */
const metadataChars = 8 * 1024;

function isLarge(page: readonly Message[]): boolean {
  let chars = 0;
  for (const { content, metadata } of page) {
    chars += content.length + (metadata ? metadataChars : 0);
  }
  return chars >= largeChars;
}

let lastPage: Promise<unknown> = Promise.resolve();

/**
 * Lets one large page be written in each turn of the event loop: ten in a row, of a hundred
 * large messages each, would hold up all chat for 200 ms.
 */
async function nextLargePage(): Promise<void> {
  lastPage = lastPage.then(() => setImmediate());
  await lastPage;
}
