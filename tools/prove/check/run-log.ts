import type { FaultKind } from "../faults/kinds.ts";

/** All that a run has left behind. Times are milliseconds since 1970. */
export interface RunLog {
  /** Every room, read whole from the store at the end. */
  rooms: readonly StoredRoom[];
  sends: readonly SendLog[];
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
  /** In the order in which the store gave them. */
  messages: readonly StoredMessage[];
}

export interface StoredMessage {
  seq: number;
  id: string;
  clientMessageId: string | null;
  content: string;
  createdAt: number;
}

/** One message of a writer, with what became of it. */
export interface SendLog {
  client: string;
  roomId: string;
  clientMessageId: string;
  content: string;
  via: "socket" | "rest";
  attempts: number;
  firstAt: number;
  /** Undefined: it never was acknowledged. */
  ack: { at: number; seq: number; id: string } | undefined;
}

/** What one logical client got, across all of its sockets, in the order in which it came. */
export interface ClientLog {
  client: string;
  rooms: readonly ReceivedRoom[];
}

export interface ReceivedRoom {
  roomId: string;
  isJoinedAtEnd: boolean;
  /** Numbers, ids and times of what was received, side by side. */
  seqs: readonly number[];
  ids: readonly string[];
  times: readonly number[];
}

/** What the clients and proxies saw of a fault, from its beginning until all was whole again. */
export interface FaultCounts {
  /** Sockets that lost their connection. */
  disconnects: number;
  /** Sockets that were let in again. */
  reconnects: number;
  /** Sends that were answered by a failure. */
  refused: number;
  /** Sends that got no answer in time, or lost their connection before. */
  unanswered: number;
  resends: number;
  /** Resends whose first attempt turned out to be stored. */
  foundStored: number;
  /** Sends acknowledged more than 500 ms after their first attempt. */
  slowAcks: number;
  /** Messages that reached a client more than 500 ms after they were stored. */
  lateDeliveries: number;
  /** Messages that a client got by resuming. */
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
