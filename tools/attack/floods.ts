import {
  controlFrames,
  randomBytesOnPorts,
  rapidReset,
  slowConnections,
} from "./connection-floods.ts";
import type { Flood } from "./flood.ts";
import { bombs, hugeTimeouts, randomFrames } from "./payload-floods.ts";
import { endlessFragments, silentSockets, stuffedRequests, unreadPings } from "./socket-floods.ts";
import { unreadAnswers } from "./unread-floods.ts";

const fast: Record<string, Flood> = {
  "rapid reset": rapidReset,
  "settings, pings, continuations": controlFrames,
  "random bytes": randomBytesOnPorts,
  "random frames": randomFrames,
  "bombs and deep JSON": bombs,
  "huge deadlines": hugeTimeouts,
  "unread pings": unreadPings,
  "endless fragments": endlessFragments,
  "stuffed requests": stuffedRequests,
};

/** Floods that mostly wait for the server to have had enough. */
const waiting: Record<string, Flood> = {
  "slow connections": slowConnections,
  "silent sockets": silentSockets,
  "unread answers": unreadAnswers,
};

/** Every flood by its name; in the short run those that wait do so together. */
export function floods(isShort: boolean): Record<string, Flood> {
  if (!isShort) return { ...waiting, ...fast };
  return { [Object.keys(waiting).join(", ")]: together(Object.values(waiting)), ...fast };
}

function together(parts: readonly Flood[]): Flood {
  return async (...args) => {
    const outcomes = await Promise.all(parts.map((flood) => flood(...args)));
    return {
      figure: outcomes.map((it) => it.figure).join("; "),
      isMet: outcomes.every((it) => it.isMet),
    };
  };
}
