import { ChatError, signedOut, toChatError } from "./errors.ts";
import type { LoginRequest, RegisterRequest, User } from "./gen/contract.ts";
import type { AnswerOf, MethodName, RequestOf, Send } from "./http.ts";
import type { Problems } from "./problems.ts";
import { createState, type Readable } from "./state.ts";
import type { Tabs } from "./tabs.ts";
import { memoryTokens, type TokenStore, type Tokens } from "./tokens.ts";
import { backoffMs, persist, wait } from "./waiting.ts";

export interface AuthSnapshot {
  /** `unknown` until the server has said whether there is a session. */
  status: "unknown" | "signed-in" | "signed-out";
  user: User | null;
  /** Why nobody is signed in: a code of the contract, or `LOGGED_OUT`. */
  reason?: string;
}

export interface Auth extends Readable<AuthSnapshot> {
  /** Finds out whether there is a session; waits for a server that can't be reached. */
  start: () => Promise<AuthSnapshot>;
  /** By a password and either `username` or `email`. @throws ChatError */
  login: (request: LoginRequest) => Promise<User>;
  /** Creates a user and signs them in. @throws ChatError */
  register: (request: RegisterRequest) => Promise<User>;
  /** Ends this session, in all tabs. What waits in the outbox is discarded. */
  logout: () => Promise<void>;
  /** Ends every session of the user, on all devices. */
  logoutAll: () => Promise<void>;
}

/** Calls a method in the name of the user; renews the tokens when they have expired. */
export type Call = <M extends MethodName>(method: M, request: RequestOf<M>) => Promise<AnswerOf<M>>;

export interface Session {
  auth: Auth;
  me: () => User | null;
  /** Says which user signs in, or that nobody is signed in any more, and why. */
  onUser: (listener: (user: User | null, reason?: string) => void) => void;
  call: Call;
  usesCookies: () => boolean;
  /** Asks the server whether the session is still there. */
  check: () => Promise<void>;
}

export interface SessionOptions {
  send: Send;
  /** None: the browser's cookies keep them. */
  tokens: TokenStore | undefined;
  tabs: Tabs;
  problems: Problems;
  /** The client's end. */
  end: AbortSignal;
}

const mostTries = 4;

export function createSession({ send, tabs, problems, end, ...options }: SessionOptions): Session {
  const state = createState<AuthSnapshot>({ status: "unknown", user: null });
  let tokens = options.tokens;
  /** When the tokens were renewed last, by whichever tab; the tabs of a browser share a clock. */
  let renewedAt = 0;
  let renewal: Promise<void> | undefined;

  const userListeners: ((user: User | null, reason?: string) => void)[] = [];
  const me = () => state.getSnapshot().user;
  const set = (snapshot: AuthSnapshot) => {
    const isOther = me()?.id !== snapshot.user?.id;
    state.set(snapshot);
    if (isOther) for (const listener of userListeners) listener(snapshot.user, snapshot.reason);
  };
  const signIn = (user: User) => {
    const known = me();
    if (known?.id !== user.id || known.updatedAt !== user.updatedAt) {
      set({ status: "signed-in", user });
    }
    return user;
  };
  const signOut = async (reason: string, isNews = true) => {
    await tokens?.set(null);
    if (state.getSnapshot().status === "signed-out") return;
    set({ status: "signed-out", user: null, reason });
    if (isNews) tabs.post({ type: "signed-out", reason });
  };

  const call: Call = async (method, request) => {
    for (let tries = 1; ; tries++) {
      const sentAt = Date.now();
      try {
        const answer = await send(method, request, (await tokens?.get())?.accessToken);
        if (isProfile(answer) && answer.user.id === me()?.id) signIn(answer.user);
        return answer;
      } catch (error) {
        if (tries === mostTries || !isRefused(error)) throw error;
        await renew(sentAt);
      }
    }
  };

  /** Renews the tokens, unless that has been done since; one call for all who ask at once. */
  const renew = (sentAt: number): Promise<void> => {
    if (renewedAt > sentAt) return Promise.resolve();
    renewal ??= tabs
      .exclusively("renew", async (hasWaited) => {
        if (!hasWaited && renewedAt <= sentAt) await rotate();
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  const rotate = async () => {
    const before = await tokens?.get();
    try {
      if (tokens && !before) throw signedOut();
      const answer = await send("refreshSession", { refreshToken: before?.refreshToken });
      if (before) await tokens?.set(tokensOf(answer));
      renewedAt = Date.now();
      tabs.post({ type: "renewed", at: renewedAt });
    } catch (thrown) {
      const { code, status } = toChatError(thrown);
      // Another tab was faster: what it got is in the cookies, or will be in a moment.
      if (code === "REFRESH_RACE") return wait(backoffMs(0), end);
      if (status !== 401 && code !== "SIGNED_OUT") throw thrown;
      await signOut(code);
      throw signedOut(thrown);
    }
  };

  /** Whether the browser has kept the cookies of the last answer. */
  const hasCookies = () =>
    send("getProfile", {}).then(
      () => true,
      (error) => !isRefused(error),
    );

  const login = async (request: LoginRequest): Promise<User> => {
    tokens = options.tokens;
    const answer = await send("login", request);
    if (tokens) {
      await tokens.set(tokensOf(answer));
    } else if (!(await hasCookies())) {
      // This page keeps the tokens, as long as it lives.
      tokens = memoryTokens(tokensOf(answer));
    }
    problems.say("COOKIES_BLOCKED", tokens !== options.tokens);
    return begin(answer.user);
  };

  const begin = (user: User) => {
    tabs.post({ type: "signed-in" });
    return signIn(user);
  };

  const leave = async (method: "logout" | "logoutAll") => {
    // By cookies an expired token is as good: the refresh token comes along, and ends the session.
    await (tokens ? call : send)(method, {}).catch(mayRefuse);
    await signOut("LOGGED_OUT");
  };

  const check = async () => {
    const answer = await call("getProfile", {}).catch(mayRefuse);
    if (answer) signIn(answer.user);
  };

  const start = async (): Promise<AuthSnapshot> => {
    const isUnknown = () => state.getSnapshot().status === "unknown" && !end.aborted;
    await persist(check, isUnknown, end);
    return state.getSnapshot();
  };

  tabs.listen((note) => {
    if (note.type === "renewed") renewedAt = Math.max(renewedAt, note.at);
    if (note.type === "signed-out") void signOut(note.reason, false);
    if (note.type === "signed-in") void check().catch(() => undefined);
  });

  return {
    me,
    onUser: (listener) => void userListeners.push(listener),
    call,
    check,
    usesCookies: () => tokens === undefined,
    auth: {
      ...state,
      start,
      login,
      async register(request) {
        const { user } = await send("register", request);
        const { email, password } = request;
        // Registering answers tokens by cookies alone.
        return tokens || !(await hasCookies()) ? login({ email, password }) : begin(user);
      },
      logout: () => leave("logout"),
      logoutAll: () => leave("logoutAll"),
    },
  };
}

function isProfile(answer: object): answer is { user: User } {
  const { user } = { user: undefined, ...answer };
  return typeof user === "object" && user !== null && "email" in user;
}

const refusals = ["UNAUTHENTICATED", "TOKEN_EXPIRED", "SIGNED_OUT"];

/** Whether it says that nobody is signed in. */
export function isRefused(error: unknown): boolean {
  return refusals.includes(toChatError(error).code);
}

function mayRefuse(error: unknown): void {
  if (!isRefused(error)) throw error;
}

function tokensOf({ accessToken, refreshToken }: Partial<Tokens>): Tokens {
  if (accessToken && refreshToken) return { accessToken, refreshToken };
  throw new ChatError({ code: "UNEXPECTED_ANSWER", message: "No tokens" });
}
