import { setImmediate } from "node:timers/promises";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type {
  ListMessagesRequest,
  Message,
  MessageService,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Handler } from "#rpc";
import { getReadableRoom } from "../rooms/rooms.ts";
import { numbersOf, type PageSpan } from "../store/pages.ts";
import type { MessageStore } from "../store/store.ts";

type Pages = Pick<MessageStore, "findRoom" | "readPage" | "listChanges" | "listReplies">;

/** A page of a room's messages. Numbers have no gaps, so that a page is a range of them. */
export const listMessages =
  (store: Pages): Handler<typeof MessageService, "listMessages"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    const limit = request.limit ?? 50;
    if (request.changedSince !== undefined) {
      return listChanged(store, request.roomId, userId, request.changedSince, limit);
    }
    if (request.thread !== undefined) {
      return listThread(store, request, request.thread, userId, limit);
    }
    const span = spanOf(request, limit);
    const { messages, lastSeq } = await store.readPage(request.roomId, userId, span);
    if (isLarge(messages)) await nextLargePage();
    const { from, to } = numbersOf(span, lastSeq);
    const isByPage = request.before === undefined && request.after === undefined;
    return {
      messages,
      pagination: {
        ...(isByPage && {
          currentPage: request.page ?? 1,
          totalPages: Math.ceil(lastSeq / limit),
        }),
        totalItems: lastSeq,
        itemsPerPage: limit,
        hasNext: Math.min(from - 1, lastSeq) > 0,
        hasPrevious: to < lastSeq,
      },
    };
  };

/** Revisions have gaps, so that one more than the page shows whether there are others. */
async function listChanged(
  store: Pages,
  roomId: string,
  userId: string,
  since: number,
  limit: number,
) {
  const { room } = await getReadableRoom(store, roomId, userId);
  const { lastSeq, lastRevision } = room;
  const range = { from: since + 1, to: lastRevision, limit: limit + 1 };
  const changes = await store.listChanges(room.id, range);
  const messages = changes.slice(0, limit).map(({ message }) => message);
  if (isLarge(messages)) await nextLargePage();
  return {
    messages,
    pagination: {
      totalItems: lastSeq,
      itemsPerPage: limit,
      hasNext: changes.length > limit,
      hasPrevious: Math.min(since, lastRevision) > 0,
    },
    lastRevision,
  };
}

async function listThread(
  store: Pages,
  { roomId, before, after }: ListMessagesRequest,
  thread: number,
  userId: string,
  limit: number,
) {
  const { room } = await getReadableRoom(store, roomId, userId);
  const page = await store.listReplies(room.id, thread, { before, after, limit });
  if (!page) throw new AppError("MESSAGE_NOT_FOUND");
  const { messages, total, hasOlder, hasNewer } = page;
  if (isLarge(messages)) await nextLargePage();
  return {
    messages,
    pagination: {
      totalItems: total,
      itemsPerPage: limit,
      hasNext: hasOlder,
      hasPrevious: hasNewer,
    },
  };
}

function spanOf({ page = 1, before, after }: ListMessagesRequest, limit: number): PageSpan {
  if (after !== undefined) return { from: after + 1, upTo: after + limit, limit };
  if (before !== undefined) return { upTo: before - 1, limit };
  return { skip: (page - 1) * limit, limit };
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
