import {
  controlFrames,
  randomBytesOnPorts,
  rapidReset,
  slowConnections,
} from "./connection-floods.ts";
import type { Flood } from "./flood.ts";
import { bombs, hugeTimeouts, randomFrames } from "./payload-floods.ts";

/** Every flood by its name. */
export const floods: Record<string, Flood> = {
  "slow connections": slowConnections,
  "rapid reset": rapidReset,
  "settings, pings, continuations": controlFrames,
  "random bytes": randomBytesOnPorts,
  "random frames": randomFrames,
  "bombs and deep JSON": bombs,
  "huge deadlines": hugeTimeouts,
};
