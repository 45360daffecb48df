import type { Target } from "./target.ts";
import type { User } from "./user.ts";

/** What an attack came to, in words, and whether the server held out. */
export interface Outcome {
  figure: string;
  isMet: boolean;
}

export type Flood = (target: Target, user: User, scale: number) => Promise<Outcome>;
