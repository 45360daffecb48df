import type { ClientToServerEvents, ServerToClientEvents } from "./gen/contract.ts";
import type { Readable } from "./state.ts";

export interface ConnectionSnapshot {
  /** `resuming`: connected again, and catching up with what was missed. */
  state: "signed-out" | "connecting" | "live" | "resuming" | "offline";
  /** What it waits for while it is offline: `page` is that this page is looked at again. */
  waitingFor?: "network" | "server" | "page";
  /** When it tries again by itself, by this device's clock. */
  retryAt?: number;
  /** Why the server has closed the connection, where it said so. */
  reason?: string | undefined;
}

type ClientEvent = keyof ClientToServerEvents;
export type ServerEvent = keyof ServerToClientEvents;
export type EventPayload<E extends ServerEvent> = Parameters<ServerToClientEvents[E]>[0];
export type ClientPayload<E extends ClientEvent> = Parameters<ClientToServerEvents[E]>[0];
type AckCallback<E extends ClientEvent> = NonNullable<Parameters<ClientToServerEvents[E]>[1]>;
export type AckOf<E extends ClientEvent> = Extract<
  Parameters<AckCallback<E>>[0],
  { success: true }
>;

/**
 * Sends an event and waits for its acknowledgement. @throws ChatError
 * @param take what is done with it before the events that follow it, which overtake what is awaited
 */
export type Emit = <E extends ClientEvent>(
  event: E,
  payload: ClientPayload<E>,
  take?: (answer: AckOf<E>) => void,
) => Promise<AckOf<E>>;
export type On = <E extends ServerEvent>(
  event: E,
  handler: (payload: EventPayload<E>) => void,
) => () => void;

export interface Connection extends Readable<ConnectionSnapshot> {
  /** Tries again at once, also to send what waits. */
  retry: () => void;
}

export interface Wire {
  connection: Readable<ConnectionSnapshot>;
  /** Tries again at once to have a connection that works. */
  retry: () => void;
  emit: Emit;
  on: On;
  isUp: () => boolean;
  /** Says what to do on each new connection before it counts as live; in the order of saying so. */
  onUp: (handler: () => Promise<void>) => void;
  /** Calls back when there is no connection any more, and again while there is none. */
  onDown: (handler: () => void) => () => void;
  /** How far the server's clock is ahead of this one. */
  clockOffsetMs: () => number;
}
