import type { DescMessage } from "@bufbuild/protobuf";
import { type ServerEventMessages, serverEvents } from "#gen/socket-events.ts";
import { type ChatServer, type ChatSocket, roomName, socketsIn } from "../socket/chat-server.ts";
import { type EncodedEvent, encodeEvent, writeEvents } from "../socket/engine/writes.ts";
import { textOf } from "../socket/json-text.ts";

type ServerEvent = keyof ServerEventMessages;

/** An event of the contract on its way to sockets. */
export type Outgoing<E extends ServerEvent = ServerEvent> = {
  [K in E]: { event: K; payload: ServerEventMessages[K] };
}[E];

/** Writes events to the sockets of this instance. */
export interface Delivery {
  /** Puts an event on the room's list, which goes out at the end of this turn of the event loop. */
  push: (roomId: string, outgoing: Outgoing) => void;
  /** Sends the room's list now: before who listens changes, and before any other event to it. */
  flush: (roomId: string) => void;
  /** Sends events to one socket at once. */
  send: (socket: ChatSocket, outgoing: readonly Outgoing[]) => void;
  /** Sends to one socket at once what has been encoded for many. */
  sendEncoded: (socket: ChatSocket, events: readonly EncodedEvent[]) => void;
}

/**
 * Most of what a delivery costs is the write call of each socket. So what a room lets out in
 * one turn is encoded once, joined, and written to each member by one call; engine.io's own
 * queue keeps the order with everything else.
 */
export function createDelivery(io: ChatServer): Delivery {
  const pending = new Map<string, EncodedEvent[]>();

  const flush = (roomId: string) => {
    const list = pending.get(roomId);
    if (!list) return;
    pending.delete(roomId);
    const frames = framesOf(list);
    for (const socket of socketsIn(io, roomName(roomId))) write(socket, list, frames);
  };

  return {
    flush,
    push(roomId, outgoing) {
      const list = pending.get(roomId);
      if (list) list.push(encode(outgoing));
      else {
        pending.set(roomId, [encode(outgoing)]);
        setImmediate(flush, roomId);
      }
    },
    send(socket, outgoing) {
      if (outgoing.length === 0) return;
      const list = outgoing.map(encode);
      write(socket, list, framesOf(list));
    },
    sendEncoded(socket, events) {
      if (events.length > 0) write(socket, events, framesOf(events));
    },
  };
}

/** Encodes an event, for as many as get it. */
export function encode({ event, payload }: Outgoing): EncodedEvent {
  const desc: DescMessage = serverEvents[event];
  return encodeEvent(event, textOf(desc, payload));
}

function framesOf(list: readonly EncodedEvent[]): Buffer {
  const [first, ...more] = list;
  return first && more.length === 0 ? first.frame : Buffer.concat(list.map((it) => it.frame));
}

function write(socket: ChatSocket, list: readonly EncodedEvent[], frames: Buffer): void {
  if (socket.connected) writeEvents(socket.conn, list, frames);
}
