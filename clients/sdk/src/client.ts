import { createWire } from "./connection.ts";
import type { Connection, On } from "./connection-types.ts";
import { createDirectory } from "./directory.ts";
import { closed } from "./errors.ts";
import {
  type ListMentionsRequest,
  type Methods,
  routes,
  type SearchMessagesRequest,
} from "./gen/contract.ts";
import { type AnswerOf, createSend, type MethodName, type RequestOf } from "./http.ts";
import { createOutbox } from "./outbox.ts";
import type { Outbox } from "./outbox-types.ts";
import { createPresence, type Presence } from "./presence.ts";
import { createProblems, type Problem } from "./problems.ts";
import { createRooms, type Rooms, type RoomsCore } from "./rooms.ts";
import { type Auth, type Call, createSession } from "./session.ts";
import type { Readable } from "./state.ts";
import { browserStorage, memoryStorage, type OutboxStorage, withFallback } from "./storage.ts";
import { createTabs } from "./tabs.ts";
import { memoryTokens, type TokenStore } from "./tokens.ts";
import { isPage, onPage, onWake } from "./waiting.ts";

export interface ClientOptions {
  /** The gateway's, such as `http://localhost:3000`; of a page by default its own origin. */
  url?: string;
  /** Keeps what isn't sent yet; by default IndexedDB, or outside of browsers the memory. */
  storage?: OutboxStorage;
  /** Keeps the session's tokens; by default a browser's cookies do, or elsewhere the memory. */
  tokens?: TokenStore;
  /** Takes the place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** Methods that need nothing to be said can be called without a request. */
type CallOf<M extends MethodName> =
  Record<never, never> extends RequestOf<M>
    ? (request?: RequestOf<M>) => Promise<AnswerOf<M>>
    : (request: RequestOf<M>) => Promise<AnswerOf<M>>;

/** Every method that has a REST route. @throws ChatError */
export type Calls = { [M in keyof Methods]: CallOf<M> };

export interface ChatClient {
  /** Who is signed in. */
  auth: Auth;
  /** Whether the server is connected, and what is waited for if not. */
  connection: Connection;
  /** The user's rooms, and opening them. */
  rooms: Rooms;
  /** Who is online, of the users that are watched. */
  presence: Presence;
  /** What isn't stored on the server yet, and what it has refused. */
  outbox: Outbox;
  /** The REST routes, each by its name, typed: `call.listMembers({ roomId })`. @throws ChatError */
  call: Calls;
  /** Finds messages by their words, the newest first. */
  search: (
    q: string,
    more?: Omit<SearchMessagesRequest, "q">,
  ) => Promise<AnswerOf<"searchMessages">>;
  /** Messages that mention the user, the newest first. */
  mentions: (more?: ListMentionsRequest) => Promise<AnswerOf<"listMentions">>;
  /** What is wrong around the client, in words that can be shown. */
  problems: Readable<readonly Problem[]>;
  /** Listens to an event of the server, until what it answers is called. */
  on: On;
  /** Ends the connection and every timer. What waits in the outbox stays stored. */
  close: () => void;
}

export function createClient(options: ClientOptions = {}): ChatClient {
  const url = (options.url ?? (isPage ? location.origin : "")).replace(/\/$/, "");
  if (!/^https?:/.test(url)) throw new TypeError(`createClient needs an http url: ${url}`);
  const name = `aetherconnect ${url}`;
  const lifetime = new AbortController();
  const end = lifetime.signal;

  const tabs = createTabs(name);
  const problems = createProblems();
  const tokens = options.tokens ?? (isPage ? undefined : memoryTokens());
  const session = createSession({
    send: createSend({
      url,
      fetch: options.fetch ?? ((...request) => fetch(...request)),
      usesCookies: () => session.usesCookies(),
    }),
    tokens,
    tabs,
    problems,
    end,
  });
  const wire = createWire(url, session, problems, end);
  const directory = createDirectory({
    session,
    wire,
    problems,
    pendingRead: (roomId) => outbox.pendingRead(roomId),
  });
  const rooms: RoomsCore = createRooms({ session, wire, directory, outbox: () => outbox, end });
  const outbox = createOutbox({
    session,
    wire,
    tabs,
    storage: withFallback(
      options.storage ?? (isPage ? browserStorage(name) : memoryStorage()),
      problems,
    ),
    end,
    find: rooms.find,
  });
  const retry = () => {
    wire.retry();
    outbox.flush();
  };
  onWake(retry, end);
  tabs.open();
  onPage("pagehide", tabs.close, end);
  onPage("pageshow", tabs.open, end);

  return {
    auth: session.auth,
    connection: { ...wire.connection, retry },
    rooms,
    presence: createPresence(wire, end),
    outbox,
    problems,
    on: wire.on,
    call: callsOf(session.call),
    search: (q, more) => session.call("searchMessages", { ...more, q }),
    mentions: (more = {}) => session.call("listMentions", more),
    close() {
      rooms.endAll(closed());
      lifetime.abort();
      tabs.close();
    },
  };
}

function callsOf(call: Call): Calls {
  const methods = Object.keys(routes) as MethodName[];
  const calls = methods.map((method) => [method, (request = {}) => call(method, request as never)]);
  // A type for each key is beyond what TypeScript infers.
  return Object.fromEntries(calls) as Calls;
}
