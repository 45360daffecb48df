import type { ClientPayload } from "./connection-types.ts";
import type { ChatErrorInfo } from "./errors.ts";
import type { ClientToServerEvents, Membership, Message } from "./gen/contract.ts";
import type { MethodName, RequestOf } from "./http.ts";
import type { Readable } from "./state.ts";

/** What each kind of entry carries. */
export interface Requests {
  send: Sent<"send_message", "sendMessage">;
  edit: Sent<"edit_message", "editMessage">;
  delete: Sent<"delete_message", "deleteMessage">;
  react: Sent<"add_reaction", "addReaction">;
  unreact: Sent<"remove_reaction", "removeReaction">;
  read: Sent<"mark_read", "markRead">;
}
export type Sent<E extends keyof ClientToServerEvents, M extends MethodName> = ClientPayload<E> &
  RequestOf<M> & { roomId: string };

export type EntryKind = keyof Requests;

interface EntryBase {
  /** Of a send also the `clientMessageId`. */
  id: string;
  userId: string;
  /** The tab that sends it. */
  tab: string;
  /** When it was written, by this device's clock; entries of one room go out in this order. */
  at: number;
  status: "pending" | "failed";
  error?: ChatErrorInfo;
}

export type Draft = { [K in EntryKind]: { kind: K; request: Requests[K] } }[EntryKind];

export type OutboxEntry = EntryBase & Draft;

/** What the server answers to an entry. */
export interface Delivered {
  data?: Message;
  membership?: Membership;
}

/** What isn't on the server yet, and what it has refused. */
export interface Outbox extends Readable<readonly OutboxEntry[]> {
  /** Tries a refused entry again. */
  retry: (id: string) => void;
  /** Gives an entry up. One that is on its way just now may arrive all the same. */
  discard: (id: string) => void;
}
