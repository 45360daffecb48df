import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { ThreadPage, ThreadSpan } from "./store.ts";

/**
 * A page of replies, in order, of which one more than its limit was read.
 * @param hasOthers whether there are replies on the other side of where the page begins
 */
export function cutToPage(
  read: readonly Message[],
  { after, limit }: ThreadSpan,
  hasOthers: boolean,
): Omit<ThreadPage, "total"> {
  const inOrder = [...read].sort((a, b) => a.seq - b.seq);
  const hasMore = read.length > limit;
  return after === undefined
    ? { messages: inOrder.slice(-limit), hasOlder: hasMore, hasNewer: hasOthers }
    : { messages: inOrder.slice(0, limit), hasOlder: hasOthers, hasNewer: hasMore };
}
