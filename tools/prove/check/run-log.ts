import type { MessageOut } from "#gen/socket-events.ts";
import type { FaultKind } from "../faults/kinds.ts";
import type { MessageState } from "./message-state.ts";
import type { Violation } from "./violations.ts";

/** All that a run has left behind. Times are milliseconds since 1970. */
export interface RunLog {
  /** Every room, read whole from the store at the end. */
  rooms: readonly StoredRoom[];
  /** What the store says of each user at the end. */
  users: readonly StoredUser[];
  sends: readonly SendLog[];
  acts: readonly ActLog[];
  clients: readonly ClientLog[];
  faults: readonly FaultLog[];
  /** Faults that the run had to inject. */
  wanted: readonly FaultKind[];
  /** Processes that ended though nobody ended them, and how. */
  unexpectedEnds: readonly string[];
  limits: Limits;
}

export interface Limits {
  /** From a fault's end until everything is whole; undefined: it is only measured. */
  silenceMs: number | undefined;
}

export interface StoredRoom {
  roomId: string;
  isPublic: boolean;
  /** In the order in which the store gave them. */
  messages: readonly MessageOut[];
}

export interface StoredUser {
  userId: string;
  rooms: readonly ListedRoom[];
  /** Users whom they have blocked. */
  blocked: readonly string[];
}

/** A room as a user's list shows it. */
export interface ListedRoom {
  roomId: string;
  lastSeq: number;
  lastRevision: number;
  /** The message at the end. */
  lastMessage: MessageState | null;
  readSeq: number;
  unreadCount: number;
  /** Null where a client can't know it. */
  mentionCount: number | null;
  /** The other user of a direct room. */
  peerId: string | null;
}

/** One message of a writer, with what became of it. */
export interface SendLog {
  client: string;
  userId: string;
  roomId: string;
  clientMessageId: string;
  content: string;
  /** The message that it replies to. */
  replyTo: number | undefined;
  /** Users whom it asks to mention, members or not. */
  mentions: readonly string[];
  mentionsRoom: boolean;
  via: "socket" | "rest" | "sdk";
  attempts: number;
  /** An attempt got no answer, or one that says neither yes nor no. */
  isInDoubt: boolean;
  firstAt: number;
  /** Undefined: it never was acknowledged. */
  ack: { at: number; seq: number; id: string } | undefined;
  /** It may not be sent: the code of the answer. */
  refusal: string | undefined;
}

/** What clients do besides sending. */
export type Act =
  | { kind: "edit"; roomId: string; seq: number; content: string }
  | { kind: "delete"; roomId: string; seq: number }
  | { kind: "react"; roomId: string; seq: number; emoji: string; isOn: boolean }
  | { kind: "pin"; roomId: string; seq: number; isOn: boolean }
  | { kind: "read"; roomId: string; seq: number }
  | { kind: "unread"; roomId: string; seq: number }
  | { kind: "open"; peerId: string }
  | { kind: "leave"; roomId: string }
  | { kind: "block"; peerId: string; isOn: boolean };

export type ActKind = Act["kind"];

/** An act of a client, with what became of it. */
export interface ActLog {
  client: string;
  userId: string;
  act: Act;
  attempts: number;
  isInDoubt: boolean;
  firstAt: number;
  /** Undefined: it never was acknowledged. */
  ack: { at: number; roomId: string | undefined } | undefined;
  refusal: string | undefined;
}

export type Presence = "online" | "away" | "offline";

/** What one logical client got, across all of its sockets, and what it shows at the end. */
export interface ClientLog {
  client: string;
  userId: string;
  /** Rooms that it has joined. */
  rooms: readonly ReceivedRoom[];
  list: readonly ListedRoom[];
  /** From when until when it was connected; the last has no end. */
  connections: readonly { from: number; to: number | undefined }[];
  /** Mentions as they were heard, each by room and seq. */
  mentioned: readonly { roomId: string; seq: number; at: number }[];
  /** How it is itself. */
  status: Presence;
  /** How it sees others, by user. */
  presences: Readonly<Record<string, Presence>>;
  /** What snapshots have shown wrongly at some time, whatever they show at the end. */
  misshown: readonly Misshown[];
  /** What its outbox still holds, in words. */
  pending: readonly string[];
}

export interface Misshown {
  violation: Violation;
  text: string;
}

export interface ReceivedRoom {
  roomId: string;
  isJoinedAtEnd: boolean;
  /** It is in the client's list; else the client has left it, and gets no more of it. */
  isListed: boolean;
  /** Numbers, ids, times and revisions of what was received, side by side, in the order in which it came. */
  seqs: readonly number[];
  ids: readonly string[];
  times: readonly number[];
  revisions: readonly number[];
  /**
   * Changes, side by side, each with how many messages had come before it, and whether it came by an
   * event. Where a resume was complete up to a revision, that stands there with 0 for the message.
   */
  changes: { seqs: number[]; revisions: number[]; after: number[]; isLive: boolean[] };
  /** Each message as it is known at the end, by seq. */
  states: Readonly<Record<number, MessageState>>;
  /** Replies as they were counted, by the message that the thread hangs on. */
  threads: Readonly<Record<number, { count: number; lastAt: string }>>;
}

/** What the clients and proxies saw of a fault, from its beginning until all was whole again. */
export interface FaultCounts {
  /** Sockets that lost their connection. */
  disconnects: number;
  /** Sockets that were let in again. */
  reconnects: number;
  /** Sends and acts that were answered by a failure. */
  refused: number;
  /** Those that got no answer in time, or lost their connection before. */
  unanswered: number;
  resends: number;
  /** Resends whose first attempt turned out to be stored. */
  foundStored: number;
  /** Sends acknowledged more than 500 ms after their first attempt. */
  slowAcks: number;
  /** Messages that reached a client more than 500 ms after they were stored. */
  lateDeliveries: number;
  /** Messages and changes that a client got by resuming. */
  resumed: number;
  /** Messages of a sender at one instance that a client at the other got live: from the store. */
  filled: number;
  /** Acknowledgements that the proxy has swallowed. */
  acksDropped: number;
  /** Answers to commits that never reached the service. */
  commitsUnheard: number;
  /** Writes that a unique index refused, as another instance had been first. */
  conflicts: number;
  /** Connections that the database or Redis has ended. */
  backendsLost: number;
}

export interface FaultLog {
  kind: FaultKind;
  /** Another fault that was under way at the same time. */
  beside: FaultKind | undefined;
  target: string;
  startedAt: number;
  endedAt: number;
  /** Until all was whole again; undefined: it never was. */
  wholeAfterMs: number | undefined;
  counts: FaultCounts;
  effect: number;
}
