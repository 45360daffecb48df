import type { Message } from "./gen/contract.ts";
import { whole } from "./overlay.ts";
import { createReplay, type Replay } from "./replay.ts";

/**
 * Messages in the order of seq, at most `limit` of them. What changes while a page is on its
 * way is applied to the page when it comes, so that an old page can't undo a change.
 */
export interface MessageLog extends Replay {
  items: () => readonly Message[];
  /** @param asOf up to which seq of the room the replies of these are counted in them */
  replace: (messages: readonly Message[], asOf: number) => void;
  /** Takes those that are newer than all here. Without `asOf` all replies to these are yet to come. */
  append: (messages: readonly Message[], asOf?: number) => void;
  /** Drops the newest ones where they become too many. */
  prepend: (messages: readonly Message[], asOf: number) => void;
  /** Takes a message as it is now. */
  change: (message: Message) => void;
  /** Counts a reply with the message that it hangs on. */
  countReply: (reply: Message) => void;
}

/** How far the replies of a message are counted. */
interface Tally {
  asOf: number;
  /** Replies that its `replyCount` has already, though they haven't been heard. */
  ahead: number;
}

/** @param changed is called when loading begins and ends */
export function createLog(limit: number, changed: () => void): MessageLog {
  let items: readonly Message[] = [];
  let tallies = new WeakMap<Message, Tally>();
  const replay = createReplay(changed);
  const { replayed } = replay;

  const find = (seq: number | null) => items.find((it) => it.seq === seq);
  const put = (before: Message, after: Message, tally: Tally) => {
    tallies.set(after, tally);
    items = items.map((it) => (it === before ? after : it));
  };
  const tallyOf = (message: Message) => tallies.get(message) ?? { asOf: message.seq, ahead: 0 };

  const change = replayed((message: Message) => {
    const known = find(message.seq);
    if (!known || known.revision >= message.revision) return;
    const { asOf, ahead } = tallyOf(known);
    const more = message.replyCount - known.replyCount;
    const { replyCount, lastReplyAt } = known;
    put(known, more < 0 ? { ...message, replyCount, lastReplyAt } : message, {
      asOf,
      ahead: ahead + Math.max(more, 0),
    });
  });
  const countReply = replayed((reply: Message) => {
    const root = find(reply.threadSeq);
    if (!root) return;
    const { asOf, ahead } = tallyOf(root);
    if (reply.seq <= asOf) return;
    const counted = { replyCount: root.replyCount + 1, lastReplyAt: reply.createdAt };
    put(
      root,
      { ...root, ...(ahead === 0 && counted) },
      { asOf: reply.seq, ahead: Math.max(ahead - 1, 0) },
    );
  });
  const noted = (messages: readonly Message[], asOf?: number) =>
    messages.map(whole).map((message) => {
      const tally = { asOf: message.seq, ahead: message.replyCount };
      tallies.set(message, asOf === undefined ? tally : { asOf, ahead: 0 });
      return message;
    });

  return {
    ...replay,
    items: () => items,
    replace(messages, asOf) {
      tallies = new WeakMap();
      items = noted(messages, asOf);
    },
    append(messages, asOf) {
      const last = items.at(-1)?.seq ?? 0;
      const newer = messages.filter((it) => it.seq > last);
      items = [...items, ...noted(newer, asOf)].slice(-limit);
    },
    prepend(messages, asOf) {
      items = [...noted(messages, asOf), ...items].slice(0, limit);
    },
    change,
    countReply,
  };
}
