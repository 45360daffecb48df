import type { AckOf, Wire } from "./connection-types.ts";
import { ChatError, closed, signedOut, toChatError } from "./errors.ts";
import type { ClientToServerEvents, Message } from "./gen/contract.ts";
import type { AnswerOf, MethodName } from "./http.ts";
import type {
  Delivered,
  Draft,
  EntryKind,
  Outbox,
  OutboxEntry,
  Requests,
  Sent,
} from "./outbox-types.ts";
import { isRefused, type Session } from "./session.ts";
import { createView } from "./state.ts";
import type { OutboxStorage } from "./storage.ts";
import { randomId, type Tabs } from "./tabs.ts";
import { backoffMs, onPage } from "./waiting.ts";

export interface OutboxCore extends Outbox {
  /** @throws ChatError if it is refused or discarded */
  add: (draft: Draft, id?: string) => Promise<Delivered>;
  entriesOf: (roomId: string) => readonly OutboxEntry[];
  /** Up to where a room is to be marked as read. */
  pendingRead: (roomId: string) => number | undefined;
  /** Sends what waits, at once. */
  flush: () => void;
  /** A message is stored: what sent it needs no answer any more. */
  arrived: (message: Message) => void;
}

export interface OutboxOptions {
  session: Session;
  wire: Wire;
  tabs: Tabs;
  storage: OutboxStorage;
  end: AbortSignal;
  /** The room, if it is open. */
  find: (roomId: string) => OpenRoom | undefined;
}

interface OpenRoom {
  /** Whether this connection has joined it. */
  hasJoined: () => boolean;
  delivered: (entry: OutboxEntry, answer: Delivered) => void;
}

type Waiter = [resolve: (answer: Delivered) => void, reject: (error: ChatError) => void];

/** A fault of the server that stays is no reason to try for ever. */
const mostFaults = 5;
/** A tab that takes so long for one entry is gone, or hangs. */
const hangMs = 5_000;

export function createOutbox(options: OutboxOptions): OutboxCore {
  const { session, wire, tabs, storage, end } = options;
  let userId: string | undefined;
  let entries: readonly OutboxEntry[] = [];
  let lastAt = 0;
  /** What was stored goes first. */
  let isLoaded = false;
  const view = createView(() => entries);
  const waiters = new Map<string, Waiter[]>();
  const underWay = new Map<string, string>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const faults = new Map<string, number>();
  const awaited = new Set<string>();

  const over =
    <E extends keyof ClientToServerEvents, M extends MethodName>(event: E, method: M) =>
    (request: Sent<E, M>): Promise<AckOf<E> | AnswerOf<M>> => {
      const mayEmit = event !== "send_message" || options.find(request.roomId)?.hasJoined();
      return wire.isUp() && mayEmit ? wire.emit(event, request) : session.call(method, request);
    };
  const deliverers: { [K in EntryKind]: (request: Requests[K]) => Promise<Delivered> } = {
    send: over("send_message", "sendMessage"),
    edit: over("edit_message", "editMessage"),
    delete: over("delete_message", "deleteMessage"),
    react: over("add_reaction", "addReaction"),
    unreact: over("remove_reaction", "removeReaction"),
    read: over("mark_read", "markRead"),
  };
  const deliver = <K extends EntryKind>(kind: K, request: Requests[K]) => deliverers[kind](request);

  const find = (id: string | null) => entries.find((it) => it.id === id);
  const entriesOf = (roomId: string) => entries.filter((it) => it.request.roomId === roomId);
  const set = (next: readonly OutboxEntry[]) => {
    entries = [...next].sort((a, b) => a.at - b.at);
    lastAt = Math.max(lastAt, entries.at(-1)?.at ?? 0);
    view.changed();
  };
  const store = async (stored: Promise<void>) => {
    await stored;
    tabs.post({ type: "outbox" });
  };
  const put = (entry: OutboxEntry) => {
    set([...entries.filter((it) => it.id !== entry.id), entry]);
    void store(storage.put(entry));
  };
  const remove = (id: string) => {
    if (!find(id)) return;
    set(entries.filter((it) => it.id !== id));
    void store(storage.update(id, () => undefined));
  };
  const isMine = (entry: OutboxEntry) => entry.tab === tabs.id && entry.userId === userId;

  const waitersOf = ({ id }: OutboxEntry) => {
    const its = waiters.get(id) ?? [];
    waiters.delete(id);
    return its;
  };
  const done = (entry: OutboxEntry, answer: Delivered) => {
    options.find(entry.request.roomId)?.delivered(entry, answer);
    remove(entry.id);
    faults.delete(entry.id);
    for (const [resolve] of waitersOf(entry)) resolve(answer);
  };
  const giveUp = (entry: OutboxEntry, error: ChatError) => {
    for (const [, reject] of waitersOf(entry)) reject(error);
  };

  /** Sends what waits for a room, one after the other. */
  const drain = async (roomId: string) => {
    while (isLoaded && !underWay.has(roomId) && !timers.has(roomId) && !end.aborted) {
      const entry = entriesOf(roomId).find((it) => it.status === "pending");
      if (!entry) return;
      if (!isMine(entry)) return yieldTo(entry);
      underWay.set(roomId, entry.id);
      try {
        done(entry, await deliver(entry.kind, entry.request));
      } catch (thrown) {
        refused(entry, toChatError(thrown));
      } finally {
        underWay.delete(roomId);
      }
    }
  };
  /** What another tab has written before goes first; from one that is gone or hangs it is taken. */
  const yieldTo = ({ id, tab }: OutboxEntry) => {
    if (awaited.has(id)) return;
    awaited.add(id);
    setTimeout(() => {
      awaited.delete(id);
      if (find(id)?.tab === tab && wire.isUp()) void takeOver(tab);
    }, hangMs);
  };
  const refused = (entry: OutboxEntry, error: ChatError) => {
    const count = (faults.get(entry.id) ?? 0) + 1;
    faults.set(entry.id, count);
    const isPassing = error.isPassing && (error.code !== "INTERNAL" || count < mostFaults);
    // Whoever signs in again finds it waiting.
    if (isPassing || isRefused(error)) {
      const { roomId } = entry.request;
      const delay = Math.max(backoffMs(count), (error.retryAfterSeconds ?? 0) * 1_000);
      timers.set(
        roomId,
        setTimeout(() => {
          timers.delete(roomId);
          void drain(roomId);
        }, delay),
      );
    } else if (entry.kind === "read") {
      // Of a room that is gone nothing is to be marked.
      remove(entry.id);
      giveUp(entry, error);
    } else if (find(entry.id)) {
      const { code, message, details } = error;
      put({ ...entry, status: "failed", error: { code, message, details } });
      giveUp(entry, error);
    }
  };
  const flush = () => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    for (const roomId of new Set(entries.map((it) => it.request.roomId))) void drain(roomId);
  };

  /** Takes what is stored: of other tabs, or, where this one begins, of itself too. */
  const load = async (isBeginning: boolean) => {
    const its = userId;
    if (isBeginning) isLoaded = false;
    const before = entries;
    const stored = (await storage.list()).filter(
      // Another version of this package may know other kinds.
      (it) => it.kind in deliverers && it.userId === its && (isBeginning || it.tab !== tabs.id),
    );
    if (its !== userId) return;
    // What this tab has is known here best; what was there before it began isn't.
    const own = entries.filter((it) => it.tab === tabs.id && !(isBeginning && before.includes(it)));
    const others = stored.filter((it) => !own.some(({ id }) => id === it.id));
    set([...own, ...others]);
    for (const tab of new Set(others.map((it) => it.tab))) {
      if (tab !== tabs.id && (await tabs.isGone(tab))) await takeOver(tab);
    }
    // Older ones go first.
    if (isBeginning && its === userId) isLoaded = true;
    flush();
  };
  /** Of the tabs that are left, one takes what another has left. */
  const takeOver = async (tab: string) => {
    for (const { id } of entries.filter((it) => it.tab === tab)) {
      await storage.update(id, (it) => {
        if (it?.tab !== tab) return it;
        const taken = { ...it, tab: tabs.id };
        set(entries.map((one) => (one.id === id ? taken : one)));
        return taken;
      });
    }
    await load(false);
  };

  session.onUser((user, reason) => {
    if (reason === "LOGGED_OUT") {
      for (const entry of entries) {
        remove(entry.id);
        giveUp(entry, signedOut());
      }
    }
    userId = user?.id;
    isLoaded = false;
    set([]);
    if (user) void load(true);
  });
  tabs.listen(({ type }) => {
    if (type === "outbox" && userId !== undefined) void load(false);
  });
  onPage("pageshow", () => void load(true), end);
  end.addEventListener("abort", () => {
    flush();
    for (const entry of entries) giveUp(entry, closed());
  });

  return {
    ...view,
    flush,
    async add(draft, newId = randomId()) {
      if (end.aborted) throw closed();
      if (userId === undefined) throw signedOut();
      const { roomId } = draft.request;
      lastAt = Math.max(Date.now(), lastAt + 1);
      // A mark takes the place of one that waits, and both are done with it.
      const replaced = entriesOf(roomId).find(
        (it) =>
          draft.kind === "read" &&
          it.kind === "read" &&
          isMine(it) &&
          underWay.get(roomId) !== it.id,
      );
      const id = replaced?.id ?? newId;
      put({ ...draft, id, userId, tab: tabs.id, at: lastAt, status: "pending" });
      return new Promise((resolve, reject) => {
        waiters.set(id, [...(waiters.get(id) ?? []), [resolve, reject]]);
        void drain(roomId);
      });
    },
    entriesOf,
    pendingRead: (roomId) =>
      entriesOf(roomId)
        .filter((it) => it.kind === "read")
        .at(-1)?.request.seq ?? undefined,
    arrived(message) {
      const entry = find(message.clientMessageId);
      if (entry && isMine(entry) && message.userId === userId) done(entry, { data: message });
    },
    retry(id) {
      const entry = find(id);
      if (entry?.status !== "failed") return;
      const { error: _, ...rest } = entry;
      put({ ...rest, status: "pending", tab: tabs.id });
      void drain(entry.request.roomId);
    },
    discard(id) {
      const entry = find(id);
      if (!entry) return;
      remove(id);
      giveUp(entry, new ChatError({ code: "DISCARDED", message: "Discarded" }));
    },
  };
}
