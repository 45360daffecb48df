import type { Wire } from "./connection-types.ts";
import type { Directory } from "./directory.ts";
import { ChatError, type ChatErrorInfo, signedOut, toChatError } from "./errors.ts";
import { createFeed } from "./feed.ts";
import type { Member, Message, Room as RoomInfo } from "./gen/contract.ts";
import { createLive } from "./live.ts";
import { createLog } from "./log.ts";
import type { OutboxCore } from "./outbox.ts";
import type { Delivered, OutboxEntry } from "./outbox-types.ts";
import { type ShownMessage, shown, shownDraft, whole } from "./overlay.ts";
import type { Room, RoomSnapshot } from "./room-types.ts";
import type { Session } from "./session.ts";
import { createView } from "./state.ts";
import { randomId } from "./tabs.ts";
import { createThread, type Page, type ThreadCore } from "./thread.ts";
import { createTyping } from "./typing.ts";

export interface RoomCore extends Room {
  /** Joins, or catches up, on a new connection. @throws ChatError if that is refused */
  join: () => Promise<void>;
  /** Resolves when it is joined for the first time. @throws ChatError if that is refused */
  ready: () => Promise<void>;
  hasJoined: () => boolean;
  delivered: (entry: OutboxEntry, answer: Delivered) => void;
  /** @param reason why it is ended from without */
  end: (reason?: ChatErrorInfo) => void;
}

export interface RoomOptions {
  roomId: string;
  session: Session;
  wire: Wire;
  directory: Directory;
  outbox: OutboxCore;
  close: () => void;
}

const windowSize = 1_000;
const pageSize = 50;
const mostMemberPages = 10;
/** In larger rooms nobody is shown who has read what. */
const mostReaders = 100;

export function createRoom(options: RoomOptions): RoomCore {
  const { roomId, session, wire, directory, outbox } = options;
  const log = createLog(windowSize, () => changed());
  /** The last message, also while older ones are shown. */
  const newest = createLog(1, () => changed());
  const live = createLive();
  const threads = new Set<ThreadCore>();
  let room: RoomInfo | undefined;
  let reads: Readonly<Record<string, number>> = {};
  let members: readonly Member[] | undefined;
  let pins: readonly Message[] | undefined;
  let error: ChatErrorInfo | undefined;
  /** Stored, and not heard yet. */
  let stored: readonly Message[] = [];
  let entries: readonly OutboxEntry[] = [];

  const firstSeq = () => log.items()[0]?.seq ?? 1;
  const lastSeq = () => log.items().at(-1)?.seq ?? 0;
  const show = (message: Message): ShownMessage => {
    const user = session.me();
    return user && entries.length > 0 ? shown(message, entries, user) : message;
  };
  const heardSeq = () => feed.position()?.seq ?? 0;
  const isAtEnd = () => lastSeq() >= heardSeq();
  const unheard = () => stored.filter((it) => it.seq > heardSeq());
  const tail = (): ShownMessage[] => {
    const user = session.me();
    const missing = unheard();
    const isThere = ({ id }: OutboxEntry) =>
      missing.some((it) => it.clientMessageId === id) ||
      log.items().some((it) => it.clientMessageId === id && it.userId === user?.id);
    const drafts = entries.filter((it) => !isThere(it));
    const offsetMs = wire.clockOffsetMs();
    return [...missing, ...(user ? drafts.flatMap((it) => shownDraft(it, user, offsetMs)) : [])];
  };
  const view = createView<RoomSnapshot>(() => {
    const current = directory.get(roomId) ?? room;
    const { readSeq, unreadCount = 0 } = current?.membership ?? {};
    return {
      room: current,
      messages: [...log.items().map(show), ...tail()],
      hasOlder: firstSeq() > 1,
      hasNewer: !isAtEnd(),
      isLoading: log.isLoading() || (!feed.position() && !error),
      firstUnreadSeq: readSeq !== undefined && unreadCount > 0 ? readSeq + 1 : null,
      typing: typing.typists(),
      reads,
      ...(members && { members }),
      ...(pins && { pins }),
      ...(error && { error }),
    };
  });
  const changed = () => {
    view.changed();
    for (const thread of threads) thread.changed();
  };
  const typing = createTyping(roomId, wire, () => session.me()?.id, view.changed);

  const takeChanges = (messages: readonly Message[]) => {
    for (const message of messages) {
      log.change(message);
      newest.change(message);
      directory.heard(message);
      if (!pins) continue;
      pins = pins.filter((it) => it.seq !== message.seq);
      if (message.pinnedAt) pins = [message, ...pins].sort(byPin);
    }
    for (const thread of threads) thread.onChanges(messages);
    changed();
  };
  const feed = createFeed({
    roomId,
    wire,
    maySkip: () => !live.hasListeners(),
    onBegin(messages, info) {
      log.replace(messages, info.lastSeq);
      newest.replace(messages.slice(-1), info.lastSeq);
      for (const message of messages) outbox.arrived(message);
      for (const thread of threads) thread.load().catch(() => undefined);
      if (pins) loadPins().catch(() => undefined);
      changed();
    },
    onMessages(messages) {
      // Behind a gap they aren't shown.
      if (messages.some((it) => it.seq === lastSeq() + 1)) log.append(messages);
      newest.append(messages);
      for (const message of messages) {
        log.countReply(message);
        typing.forget(message.userId);
        outbox.arrived(message);
      }
      stored = unheard();
      for (const thread of threads) thread.onMessages(messages);
      live.push(messages);
      changed();
    },
    onChanges: takeChanges,
    onJoined(joined) {
      room = joined;
      error = undefined;
      directory.put(joined);
      // The room itself doesn't say the last message, and who comes back may have missed nothing.
      for (const message of newest.items()) directory.heard(message);
      if (joined.memberCount <= mostReaders) loadReads().catch(() => undefined);
      view.changed();
    },
  });

  const loadReads = async () => {
    const before = reads;
    const answer = await session.call("listReads", { roomId });
    // What came meanwhile is newer.
    const since = Object.entries(reads).filter(([userId, seq]) => seq !== before[userId]);
    reads = Object.fromEntries([...answer.reads.map((it) => [it.userId, it.seq]), ...since]);
    view.changed();
  };
  const loadPins = async () => {
    const answer = await session.call("listPins", { roomId });
    pins = answer.messages;
    view.changed();
    return pins;
  };
  const fail = (info: ChatErrorInfo) => {
    error = info;
    live.end();
    view.changed();
  };

  const list = (page: Page) => session.call("listMessages", { roomId, limit: pageSize, ...page });
  const loadPage = (page: Page, merge: (messages: readonly Message[], asOf: number) => void) =>
    log.load(
      () => list(page),
      ({ messages, pagination }) => merge(messages, pagination.totalItems),
    );

  /** Through the outbox; what comes back is the message as it is then. */
  const post = async (draft: Parameters<OutboxCore["add"]>[0], id?: string): Promise<Message> => {
    const { data } = await outbox.add(draft, id);
    if (!data) throw new ChatError({ code: "UNEXPECTED_ANSWER", message: "No message" });
    return data;
  };
  const pinned = async (method: "pinMessage" | "unpinMessage", seq: number) => {
    const { data } = await session.call(method, { roomId, seq });
    takeChanges([data]);
    return data;
  };
  const send: Room["send"] = (content, sendOptions) => {
    typing.ended(true);
    const id = randomId();
    const request = { ...sendOptions, roomId, content, clientMessageId: id };
    return post({ kind: "send", request }, id);
  };

  const ends = [
    outbox.subscribe(() => {
      const before = entries;
      entries = outbox.entriesOf(roomId);
      if (before.length > 0 || entries.length > 0) changed();
    }),
    directory.subscribe(view.changed),
    wire.on("read_marked", ({ roomId: id, userId, seq }) => {
      if (id !== roomId) return;
      reads = { ...reads, [userId]: seq };
      view.changed();
    }),
    wire.on("room_removed", ({ roomId: id }) => {
      if (id === roomId) fail(notInRoom);
    }),
    wire.on("room_added", ({ room: { id } }) => {
      if (id === roomId && error) self.join().catch(() => undefined);
    }),
  ];
  entries = outbox.entriesOf(roomId);

  const self: RoomCore = {
    ...view,
    id: roomId,
    async join() {
      try {
        // Joining makes a member of a public room: not of who has left it elsewhere meanwhile.
        const isGone = directory.getSnapshot().isLoaded && !directory.get(roomId);
        if (isGone && (feed.position() || error)) throw new ChatError(notInRoom);
        await feed.join();
      } catch (thrown) {
        fail(toChatError(thrown));
        throw thrown;
      }
    },
    ready: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (error) reject(new ChatError(error));
          else if (session.auth.getSnapshot().status === "signed-out") reject(signedOut());
          else if (feed.hasJoined()) resolve();
          else return;
          for (const stop of stops) stop();
        };
        const stops = [view.subscribe(look), session.auth.subscribe(look)];
        look();
      }),
    hasJoined: feed.hasJoined,
    send,
    edit: (seq, content) => post({ kind: "edit", request: { roomId, seq, content } }),
    delete: (seq) => post({ kind: "delete", request: { roomId, seq } }),
    react: (seq, emoji) => post({ kind: "react", request: { roomId, seq, emoji } }),
    unreact: (seq, emoji) => post({ kind: "unreact", request: { roomId, seq, emoji } }),
    pin: (seq) => pinned("pinMessage", seq),
    unpin: (seq) => pinned("unpinMessage", seq),
    async markRead(seq = heardSeq()) {
      const { readSeq = 0 } = directory.get(roomId)?.membership ?? {};
      if (seq <= readSeq) return;
      const isSent = outbox.add({ kind: "read", request: { roomId, seq } });
      directory.setRead(roomId, seq);
      await isSent;
    },
    async markUnread(seq) {
      for (const { id, kind } of entries) if (kind === "read") outbox.discard(id);
      const { membership } = await session.call("markUnread", { roomId, seq });
      directory.setMembership(roomId, membership);
    },
    async setNotify(level) {
      const { membership } = await session.call("setNotify", { roomId, level });
      directory.setMembership(roomId, membership);
    },
    async loadOlder() {
      const first = firstSeq();
      if (first === 1 || log.isLoading()) return;
      await loadPage({ before: first }, (messages, asOf) => {
        if (firstSeq() === first) log.prepend(messages, asOf);
      });
    },
    async loadNewer() {
      const last = lastSeq();
      if (isAtEnd() || log.isLoading()) return;
      await loadPage({ after: last }, (messages, asOf) => {
        if (lastSeq() === last) log.append(messages, asOf);
      });
    },
    loadAround: (seq) => loadPage({ before: seq + pageSize / 2 }, log.replace),
    jumpToNewest: async () => (isAtEnd() ? undefined : loadPage({}, log.replace)),
    async loadMembers() {
      const found: Member[] = [];
      for (let page = 1; page <= mostMemberPages; page++) {
        const answer = await session.call("listMembers", { roomId, page, limit: 100 });
        found.push(...answer.members);
        if (!answer.pagination.hasNext) break;
      }
      members = found;
      view.changed();
      return found;
    },
    loadPins,
    typing: typing.typed,
    retry: outbox.retry,
    discard: outbox.discard,
    thread(seq) {
      const thread = createThread({
        seq,
        list,
        show,
        tail,
        send: (content, sendOptions) => send(content, { ...sendOptions, replyTo: seq }),
        close: () => threads.delete(thread),
      });
      threads.add(thread);
      thread.load().catch(() => undefined);
      return thread;
    },
    live: live.messages,
    close: options.close,
    delivered({ kind }, { data, membership }) {
      if (membership) directory.setMembership(roomId, membership);
      if (data && kind === "send") stored = [...unheard(), whole(data)];
      else if (data) takeChanges([data]);
    },
    end(reason) {
      feed.stop();
      typing.stop();
      live.end();
      if (reason) fail(reason);
      else wire.emit("leave_room", { roomId }).catch(() => undefined);
      for (const end of ends) end();
    },
  };
  return self;
}

const notInRoom = { code: "NOT_IN_ROOM", message: "Not in this room" };

function byPin(a: Message, b: Message): number {
  return (a.pinnedAt ?? "") < (b.pinnedAt ?? "") ? 1 : -1;
}
