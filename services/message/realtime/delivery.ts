import type { DescMessage } from "@bufbuild/protobuf";
import { writerOf } from "#contract/wire/writer.ts";
import { type ServerEventMessages, serverEvents } from "#gen/socket-events.ts";
import { type ChatServer, type ChatSocket, roomName, socketsIn } from "../socket/chat-server.ts";
import { type EncodedEvent, encodeEvent, writeEvents } from "../socket/engine/writes.ts";

type ServerEvent = keyof ServerEventMessages;

/** Writes events to the sockets of this instance. */
export interface Delivery {
  /** Puts an event on the room's list, which goes out at the end of this turn of the event loop. */
  push: <E extends ServerEvent>(roomId: string, event: E, payload: ServerEventMessages[E]) => void;
  /** Sends the room's list now: before who listens changes, and before any other event to it. */
  flush: (roomId: string) => void;
  /** Sends events to one socket at once. */
  send: <E extends ServerEvent>(
    socket: ChatSocket,
    event: E,
    payloads: readonly ServerEventMessages[E][],
  ) => void;
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
    push(roomId, event, payload) {
      const list = pending.get(roomId);
      if (list) list.push(encode(event, payload));
      else {
        pending.set(roomId, [encode(event, payload)]);
        setImmediate(flush, roomId);
      }
    },
    send(socket, event, payloads) {
      if (payloads.length === 0) return;
      const list = payloads.map((payload) => encode(event, payload));
      write(socket, list, framesOf(list));
    },
  };
}

function encode<E extends ServerEvent>(event: E, payload: ServerEventMessages[E]): EncodedEvent {
  const desc: DescMessage = serverEvents[event];
  return encodeEvent(event, writerOf(desc)(payload));
}

function framesOf(list: readonly EncodedEvent[]): Buffer {
  const [first, ...more] = list;
  return first && more.length === 0 ? first.frame : Buffer.concat(list.map((it) => it.frame));
}

function write(socket: ChatSocket, list: readonly EncodedEvent[], frames: Buffer): void {
  if (socket.connected) writeEvents(socket.conn, list, frames);
}
