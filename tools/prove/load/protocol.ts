import type { FaultCounts } from "../check/run-log.ts";

/** Who connects where, and how. */
export interface ClientSpec {
  name: string;
  url: string;
  /** Another one's messages come from the other instance; undefined: it isn't known. */
  instance: string | undefined;
  transports: ("polling" | "websocket")[];
  /** 0: it only reads. */
  messagesPerSecond: number;
  /** Where it writes; it reads everywhere. */
  writesTo: string[];
}

export interface LoadConfig {
  clients: ClientSpec[];
  roomIds: string[];
  /** Where REST is called. */
  apiUrl: string;
  seed: number;
}

/** What prove tells the process of the clients; `n` counts. */
export type Command =
  | { n: number; type: "start"; config: LoadConfig }
  | { n: number; type: "report" }
  /** A fault has ended: say when all is whole again. */
  | { n: number; type: "mark" }
  /** No new messages; what is not acknowledged is still sent again. */
  | { n: number; type: "stop" }
  /** Writes the logs to a file and ends. */
  | { n: number; type: "finish"; file: string };

export type LoadCounts = Omit<
  FaultCounts,
  "acksDropped" | "commitsUnheard" | "conflicts" | "backendsLost"
>;

/** What the process of the clients tells, now and then and after every command. */
export interface Status {
  /** The last command that has been dealt with. */
  seen: number;
  isStarted: boolean;
  isFinished: boolean;
  counts: LoadCounts;
  sent: number;
  acknowledged: number;
  /** Memberships: clients times rooms. */
  joined: number;
  toJoin: number;
  /** Milliseconds from a mark until whole, by the mark's number. */
  whole: Record<number, number>;
  failure: string | undefined;
}
