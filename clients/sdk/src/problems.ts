import { createState, type Readable } from "./state.ts";

/** What is wrong around the client, which goes on as far as it can. */
export interface Problem {
  code:
    | "COOKIES_BLOCKED"
    | "STORAGE_UNAVAILABLE"
    | "STORAGE_FULL"
    | "CLOCK_WRONG"
    | "CONTRACT_OLDER";
  message: string;
}

export interface Problems extends Readable<readonly Problem[]> {
  say: (code: Problem["code"], isSo: boolean) => void;
}

const messages: Record<Problem["code"], string> = {
  COOKIES_BLOCKED: "Cookies are blocked",
  STORAGE_UNAVAILABLE: "Nothing is stored",
  STORAGE_FULL: "The storage is full",
  CLOCK_WRONG: "The clock is wrong",
  CONTRACT_OLDER: "The server is older",
};

export function createProblems(): Problems {
  const state = createState<readonly Problem[]>([]);
  return {
    ...state,
    say(code, isSo) {
      const all = state.getSnapshot();
      const others = all.filter((it) => it.code !== code);
      if (isSo === others.length < all.length) return;
      state.set(isSo ? [...others, { code, message: messages[code] }] : others);
    },
  };
}
