import type { ApiUser } from "../rig/api.ts";
import type { Target } from "./target.ts";

/** What an attack came to, in words, and whether the server held out. */
export interface Outcome {
  figure: string;
  isMet: boolean;
}

export type Flood = (target: Target, user: ApiUser, scale: number) => Promise<Outcome>;
