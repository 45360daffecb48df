import type { AckOf, Wire } from "./connection-types.ts";
import type { Message, Room } from "./gen/contract.ts";
import { persist } from "./waiting.ts";

/** What a room says, in its order: each message once and without a gap, changes after it. */
export interface Feed {
  /** Joins the room, or catches up with it. @throws ChatError if that is refused */
  join: () => Promise<void>;
  hasJoined: () => boolean;
  /** Everything up to there has been delivered. */
  position: () => Position | undefined;
  stop: () => void;
}

interface Position {
  seq: number;
  revision: number;
}

export interface FeedOptions {
  roomId: string;
  wire: Wire;
  /** Whether a long absence may be skipped, to begin anew with the newest messages. */
  maySkip: () => boolean;
  /** Begins, or begins anew: what was delivered before isn't followed by this. */
  onBegin: (messages: readonly Message[], room: Room) => void;
  onMessages: (messages: readonly Message[]) => void;
  onChanges: (messages: readonly Message[]) => void;
  onJoined: (room: Room) => void;
}

/** Who has missed more begins anew. */
const mostCaughtUp = 1_000;

export function createFeed({ roomId, wire, ...options }: FeedOptions): Feed {
  const stopping = new AbortController();
  const end = stopping.signal;
  let position: Position | undefined;
  let hasJoined = false;
  let joining: Promise<void> | undefined;

  /** @returns whether the room has been joined, so that nothing is missed from here on */
  const take = (answer: AckOf<"join_room">): boolean => {
    // A server of contract 1.0 knows no changes.
    const { room, messages, changes = [], hasMore, reset } = answer;
    const newest = { seq: room.lastSeq, revision: room.lastRevision };
    if (!position || reset) {
      position = newest;
      options.onBegin(messages, room);
      return true;
    }
    if (hasMore && room.lastSeq - position.seq > mostCaughtUp && options.maySkip()) {
      position = undefined;
      return false;
    }
    position = hasMore
      ? {
          seq: messages.at(-1)?.seq ?? position.seq,
          revision: changes.at(-1)?.revision ?? position.revision,
        }
      : newest;
    options.onMessages(messages);
    options.onChanges(changes);
    return !hasMore;
  };

  const joinOnce = async () => {
    hasJoined = false;
    while (!hasJoined && !end.aborted) {
      const since = position && { afterSeq: position.seq, afterRevision: position.revision };
      await wire.emit("join_room", { roomId, ...since }, (answer) => {
        hasJoined = !end.aborted && take(answer);
        if (hasJoined) options.onJoined(answer.room);
      });
    }
  };

  /** The next connection joins again. */
  const mayJoin = () => wire.isUp() && !end.aborted;
  const join = (): Promise<void> => {
    joining ??= persist(joinOnce, mayJoin, end).finally(() => {
      joining = undefined;
    });
    return joining;
  };

  const onMessage = (message: Message) => {
    if (!position || message.seq <= position.seq) return;
    if (message.seq > position.seq + 1) {
      void join().catch(() => undefined);
      return;
    }
    position = { ...position, seq: message.seq };
    options.onMessages([message]);
  };
  const onChange = (message: Message) => {
    if (!position || message.revision <= position.revision) return;
    position = { ...position, revision: message.revision };
    options.onChanges([message]);
  };
  const isHere = (its: string) => its === roomId && hasJoined;
  const ends = [
    wire.on("new_message", (it) => isHere(it.roomId) && onMessage(it)),
    wire.on("message_changed", ({ message: it }) => isHere(it.roomId) && onChange(it)),
    wire.onDown(() => {
      hasJoined = false;
    }),
  ];

  return {
    join,
    hasJoined: () => hasJoined,
    position: () => position,
    stop() {
      stopping.abort();
      hasJoined = false;
      for (const end of ends) end();
    },
  };
}
