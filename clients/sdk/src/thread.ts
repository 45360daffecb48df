import type { ListMessagesRequest, Message, SendMessageRequest } from "./gen/contract.ts";
import type { AnswerOf } from "./http.ts";
import { createLog } from "./log.ts";
import type { ShownMessage } from "./overlay.ts";
import { createView, type Readable } from "./state.ts";

export type SendOptions = Omit<SendMessageRequest, "roomId" | "content" | "clientMessageId">;

export interface ThreadSnapshot {
  /** The message that the thread hangs on. */
  root: ShownMessage | undefined;
  /** In the order of `seq`; those that aren't sent yet last. */
  replies: readonly ShownMessage[];
  hasOlder: boolean;
  isLoading: boolean;
}

export interface Thread extends Readable<ThreadSnapshot> {
  /** Resolves when the newest replies are there. @throws ChatError */
  load: () => Promise<void>;
  /** Puts the page before the first reply in front of it. @throws ChatError */
  loadOlder: () => Promise<void>;
  /** Replies. Resolves when the reply is stored. @throws ChatError if it is refused or discarded */
  send: (content: string, options?: Omit<SendOptions, "replyTo">) => Promise<Message>;
  close: () => void;
}

/** Which messages of a room. */
export type Page = Omit<ListMessagesRequest, "roomId">;

export interface ThreadOptions {
  seq: number;
  list: (page: Page) => Promise<AnswerOf<"listMessages">>;
  show: (message: Message) => ShownMessage;
  /** What isn't in the room's log yet. */
  tail: () => readonly ShownMessage[];
  send: Thread["send"];
  close: () => void;
}

export interface ThreadCore extends Thread {
  changed: () => void;
  onMessages: (messages: readonly Message[]) => void;
  onChanges: (messages: readonly Message[]) => void;
}

/** The replies to one message. The room's feed says what is new, pages what was before. */
export function createThread(options: ThreadOptions): ThreadCore {
  const { seq, list, show } = options;
  const replies = createLog(Number.POSITIVE_INFINITY, () => view.changed());
  const roots = createLog(1, () => view.changed());
  let hasOlder = false;
  const append = replies.replayed(replies.append);

  const view = createView<ThreadSnapshot>(() => {
    const root = roots.items()[0];
    return {
      root: root && show(root),
      replies: [
        ...replies.items().map(show),
        ...options.tail().filter((it) => it.threadSeq === seq),
      ],
      hasOlder,
      isLoading: replies.isLoading() || roots.isLoading(),
    };
  });
  const load = async () => {
    await Promise.all([
      roots.load(
        () => list({ before: seq + 1, limit: 1 }),
        ({ messages, pagination }) => roots.replace(messages, pagination.totalItems),
      ),
      replies.load(
        () => list({ thread: seq }),
        ({ messages, pagination }) => {
          // A server of contract 1.0 answers all messages.
          replies.replace(
            messages.filter((it) => it.threadSeq === seq),
            0,
          );
          hasOlder = pagination.hasNext;
        },
      ),
    ]);
  };

  return {
    ...view,
    load,
    async loadOlder() {
      const [first] = replies.items();
      if (!hasOlder || replies.isLoading() || !first) return;
      await replies.load(
        () => list({ thread: seq, before: first.seq }),
        ({ messages, pagination }) => {
          if (replies.items()[0]?.seq !== first.seq) return;
          replies.prepend(messages, 0);
          hasOlder = pagination.hasNext;
        },
      );
    },
    send: options.send,
    close: options.close,
    changed: view.changed,
    onMessages(messages) {
      const its = messages.filter((it) => it.threadSeq === seq);
      if (its.length === 0) return;
      for (const reply of its) roots.countReply(reply);
      append(its);
      view.changed();
    },
    onChanges(messages) {
      for (const message of messages) {
        replies.change(message);
        roots.change(message);
      }
      view.changed();
    },
  };
}
