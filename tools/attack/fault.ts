import type { Target, VictimName } from "./target.ts";

/** Something that the platform stands on breaks, and is whole again. */
export interface Fault {
  name: string;
  /** Before the services of `settings` are started. */
  prepare?: () => void;
  begin: (target: Target) => Promise<unknown> | unknown;
  end: (target: Target) => Promise<unknown> | unknown;
  seconds: number;
  /** Open sockets go on chatting: what they need is there. */
  chats: boolean;
  /** Nothing may be refused: what broke is only a help. */
  isHarmless?: boolean;
  /** Credentials may be refused too: they can't be judged rightly. */
  mayRefuseTokens?: boolean;
  /** Services that are started anew for it, with these settings besides their own. */
  settings?: Partial<Record<VictimName, NodeJS.ProcessEnv>>;
  /** Nothing may let in a WebSocket token that has expired meanwhile. */
  outlastsTokens?: boolean;
}

/** A fault that this machine can't have, and why. */
export interface MissingFault {
  name: string;
  missing: string;
}
