import type { FaultCounts, RunLog } from "../check/run-log.ts";

/** Who connects where, and how. */
export interface ClientSpec {
  name: string;
  /** Whose it is: several clients of one user are their devices. */
  user: string;
  url: string;
  /** Another one's messages come from the other instance; undefined: it isn't known. */
  instance: string | undefined;
  /** Of a plain Socket.IO client; undefined: it is the SDK, which finds one by itself. */
  transports: ("polling" | "websocket")[] | undefined;
  /** It joins every room that it knows of; else it only watches them. */
  joins: boolean;
  /** 0: it only reads. */
  messagesPerSecond: number;
  /** Everything besides sends; a client that only reads marks what it has read, and no more. */
  actsPerSecond: number;
}

export interface LoadConfig {
  clients: ClientSpec[];
  /** Rooms to which everybody writes: every second one is private. */
  sharedRooms: number;
  /** Each has a room to which only its clients write. */
  instances: string[];
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
  /** Nothing new is sent or done; what is not acknowledged is still sent again. */
  | { n: number; type: "stop" }
  /** Resolves when nothing has come to any client for a while, after `leastMs` at the earliest. */
  | { n: number; type: "settle"; leastMs: number }
  /** Reads what the store has, writes it and the logs to a file, and ends. */
  | { n: number; type: "finish"; file: string };

/** What it writes at the end. */
export type LoadLog = Pick<RunLog, "rooms" | "users" | "sends" | "acts" | "clients">;

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
  /** Acts that were acknowledged. */
  done: number;
  /** Memberships: clients times rooms. */
  joined: number;
  toJoin: number;
  /** Milliseconds from a mark until whole, by the mark's number. */
  whole: Record<number, number>;
  failure: string | undefined;
}
