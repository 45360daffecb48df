/** The tokens of a session, where no cookies keep them. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Keeps the tokens of one session. `null`: there is none. */
export interface TokenStore {
  get: () => Promise<Tokens | null>;
  set: (tokens: Tokens | null) => Promise<void>;
}

export function memoryTokens(tokens: Tokens | null = null): TokenStore {
  return {
    get: async () => tokens,
    set: async (next) => {
      tokens = next;
    },
  };
}
