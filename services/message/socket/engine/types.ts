import type { JsonObject } from "@bufbuild/protobuf";
import type { DefaultEventsMap, Server, Socket } from "socket.io";
import type { AppError } from "#contract/errors.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { MembershipNotice } from "#message/store/store.ts";

/** What is sent has been written from the contract's messages: see emit.ts. */
interface Outgoing {
  [event: string]: (payload: JsonObject) => void;
}

/** Between instances: see fanout/hints.ts. */
interface BetweenInstances {
  stored: (positions: [roomId: string, seq: number][]) => void;
  changed: (change: MembershipNotice) => void;
}

/** Who a socket is, or why it may not be. */
export type Judgement =
  | { isAdmitted: true; user: UserSummary; sessionId: string }
  | { isAdmitted: false; error: AppError };

/** Who waits for a turn: see turns.ts. */
export interface Line {
  /** With the one whose turn it is. */
  length: number;
  /** Ends with the last turn. */
  end: Promise<void>;
}

/** What is known of a socket. */
export interface SocketData {
  judgement: Judgement;
  /** Rooms that it has joined, by id. */
  joined: Set<string>;
  /** Joins and leaves under way, by room. */
  turns: Map<string, Line> | undefined;
}

export type ChatServer = Server<DefaultEventsMap, Outgoing, BetweenInstances, SocketData>;
export type ChatSocket = Socket<DefaultEventsMap, Outgoing, BetweenInstances, SocketData>;
