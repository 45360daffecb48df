import type { Message, SendMessageRequest } from "./gen/contract.ts";
import { createLog } from "./log.ts";
import type { ShownMessage } from "./overlay.ts";
import type { Session } from "./session.ts";
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

export interface ThreadOptions {
  roomId: string;
  seq: number;
  session: Session;
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

const pageSize = 50;

/** The replies to one message. The room's feed says what is new, pages what was before. */
export function createThread(options: ThreadOptions): ThreadCore {
  const { roomId, seq, session, show } = options;
  const replies = createLog(Number.POSITIVE_INFINITY);
  const roots = createLog(1);
  let hasOlder = false;
  let isLoaded = false;
  let loads = 0;
  let heard: Message[] = [];

  const view = createView<ThreadSnapshot>(() => {
    const root = roots.items()[0];
    return {
      root: root && show(root),
      replies: [
        ...replies.items().map(show),
        ...options.tail().filter((it) => it.threadSeq === seq),
      ],
      hasOlder,
      isLoading: loads > 0,
    };
  });
  const list = (page: object) => session.call("listMessages", { roomId, limit: pageSize, ...page });
  const loading = async (load: () => Promise<unknown>) => {
    loads++;
    view.changed();
    try {
      await load();
    } finally {
      loads--;
      view.changed();
    }
  };
  const load = () =>
    loading(() =>
      Promise.all([
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
            isLoaded = true;
            replies.append(heard);
            heard = [];
          },
        ),
      ]),
    );

  return {
    ...view,
    load,
    async loadOlder() {
      const [first] = replies.items();
      if (!hasOlder || loads > 0 || !first) return;
      await loading(() =>
        replies.load(
          () => list({ thread: seq, before: first.seq }),
          ({ messages, pagination }) => {
            if (replies.items()[0]?.seq !== first.seq) return;
            replies.prepend(messages, 0);
            hasOlder = pagination.hasNext;
          },
        ),
      );
    },
    send: options.send,
    close: options.close,
    changed: view.changed,
    onMessages(messages) {
      const its = messages.filter((it) => it.threadSeq === seq);
      if (its.length === 0) return;
      for (const reply of its) roots.countReply(reply);
      if (isLoaded) replies.append(its);
      else heard.push(...its);
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
