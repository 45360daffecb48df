import type { ChatErrorInfo } from "./errors.ts";
import type { Member, Membership, Message, Room as RoomInfo } from "./gen/contract.ts";
import type { ShownMessage } from "./overlay.ts";
import type { Readable } from "./state.ts";
import type { SendOptions, Thread } from "./thread.ts";
import type { Typist } from "./typing.ts";

export interface RoomSnapshot {
  /** Undefined until it is loaded. */
  room: RoomInfo | undefined;
  /** At most 1,000 in the order of `seq`, without a gap, and then those that aren't sent yet. */
  messages: readonly ShownMessage[];
  /** Whether there are messages before these, for `loadOlder`. */
  hasOlder: boolean;
  /** Whether these end before the newest, for `loadNewer` and `jumpToNewest`. */
  hasNewer: boolean;
  isLoading: boolean;
  /** The first message that isn't read; null if all are. */
  firstUnreadSeq: number | null;
  /** Who types just now, but for this user. */
  typing: readonly Typist[];
  /** Up to where others have read, by user; in rooms of up to 100. */
  reads: Readonly<Record<string, number>>;
  /** Once `loadMembers` has been called. */
  members?: readonly Member[];
  /** Once `loadPins` has been called; the newest pin first. */
  pins?: readonly Message[];
  /** Why the room can't be read any more: it is gone, or this user isn't in it. */
  error?: ChatErrorInfo;
}

export interface Room extends Readable<RoomSnapshot> {
  id: string;
  /** Resolves when the message is stored. @throws ChatError if it is refused or discarded */
  send: (content: string, options?: SendOptions) => Promise<Message>;
  /** Replaces the content of a message; shown at once, as `delete`, `react` and `unreact` are. @throws ChatError */
  edit: (seq: number, content: string) => Promise<Message>;
  /** Takes the content of a message away; its place stays. @throws ChatError */
  delete: (seq: number) => Promise<Message>;
  /** @param emoji one emoji, or the name of one such as `:party_parrot:`. @throws ChatError */
  react: (seq: number, emoji: string) => Promise<Message>;
  /** Takes this user's reaction back. @throws ChatError */
  unreact: (seq: number, emoji: string) => Promise<Message>;
  /** Pins a message for all of the room. @throws ChatError */
  pin: (seq: number) => Promise<Message>;
  unpin: (seq: number) => Promise<Message>;
  /** Marks what is up to a message as read; without one: all. */
  markRead: (seq?: number) => Promise<void>;
  /** Marks a message and all after it as unread. @throws ChatError */
  markUnread: (seq: number) => Promise<void>;
  /** Says of which messages the user wants to be notified. */
  setNotify: (level: Membership["notify"]) => Promise<void>;
  /** Puts the page before the first message in front of it. @throws ChatError */
  loadOlder: () => Promise<void>;
  /** Puts the page after the last message behind it. @throws ChatError */
  loadNewer: () => Promise<void>;
  /** Shows the messages around one. @throws ChatError */
  loadAround: (seq: number) => Promise<void>;
  /** Shows the newest messages again. @throws ChatError */
  jumpToNewest: () => Promise<void>;
  /** Loads up to 1,000 members into the snapshot. @throws ChatError */
  loadMembers: () => Promise<readonly Member[]>;
  /** Loads the pinned messages into the snapshot, and keeps them current there. @throws ChatError */
  loadPins: () => Promise<readonly Message[]>;
  /** To be called at each key stroke. */
  typing: () => void;
  /** Tries again what was refused: a message's `localId`. */
  retry: (localId: string) => void;
  /** Gives up what waits or was refused: a message's `localId`. */
  discard: (localId: string) => void;
  /** The replies to a message, which load meanwhile. Each call wants its own `close`. */
  thread: (seq: number) => Thread;
  /** Every message from now on, each once and in order, whatever breaks meanwhile. */
  live: () => AsyncIterableIterator<Message>;
  /** Ends this use of the room; the last one leaves off listening. */
  close: () => void;
}
