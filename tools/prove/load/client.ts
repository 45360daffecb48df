import type { ApiUser } from "#tools/rig/api.ts";
import type { Act, ClientLog } from "../check/run-log.ts";
import type { ClientSpec } from "./protocol.ts";
import type { Position } from "./tally.ts";

/** One logical client, whatever its program: it stays the same across all of its connections. */
export interface ChatClient {
  spec: ClientSpec;
  user: ApiUser;
  isListed: (roomId: string) => boolean;
  /** The rooms that it lists, of two users or of more. */
  listed: (kind: "direct" | "shared") => string[];
  /** How far a room has come, as far as it knows. */
  positionOf: (roomId: string) => Position | undefined;
  /** Says of this device whether its window is hidden. */
  setStatus: (status: "online" | "away") => void;
  /** Rooms that it has joined, and those that it has to join. */
  joins: () => { joined: number; toJoin: number };
  /** Whether its subscriptions are all there. */
  isSubscribed: () => boolean;
  log: () => ClientLog;
  close: () => void;
}

/** What an attempt at an act has come to; undefined: no answer came. */
export type Answer = AnswerOf | undefined;

interface AnswerOf {
  /** Why it was refused. */
  code: string | undefined;
  body: object;
  /** An attempt before the one that was answered may be executed later. */
  isInDoubt?: boolean;
}

/** Tries an act once. @param byEvent over a socket, where there is an event for it */
export type Perform = (act: Act, byEvent: boolean) => Promise<Answer>;
