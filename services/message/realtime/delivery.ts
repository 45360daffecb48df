import { writerOf } from "#contract/wire/writer.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { serverEvents } from "#gen/socket-events.ts";
import { type ChatServer, type ChatSocket, roomName, socketsIn } from "../socket/chat-server.ts";
import { type EncodedEvent, encodeEvent, writeEvents } from "../socket/engine/writes.ts";

/** Writes messages to the sockets of this instance. */
export interface Delivery {
  /** Puts a message on the room's list, which goes out at the end of this turn of the event loop. */
  push: (roomId: string, message: Message) => void;
  /** Sends the room's list now: before who listens changes, and before any other event to it. */
  flush: (roomId: string) => void;
  /** Sends messages to one socket at once. */
  send: (socket: ChatSocket, messages: readonly Message[]) => void;
}

const writeMessage = writerOf(serverEvents.new_message);

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
    push(roomId, message) {
      const list = pending.get(roomId);
      if (list) list.push(encode(message));
      else {
        pending.set(roomId, [encode(message)]);
        setImmediate(flush, roomId);
      }
    },
    send(socket, messages) {
      if (messages.length === 0) return;
      const list = messages.map(encode);
      write(socket, list, framesOf(list));
    },
  };
}

const encode = (message: Message) => encodeEvent("new_message", writeMessage(message));

function framesOf(list: readonly EncodedEvent[]): Buffer {
  const [first, ...more] = list;
  return first && more.length === 0 ? first.frame : Buffer.concat(list.map((it) => it.frame));
}

function write(socket: ChatSocket, list: readonly EncodedEvent[], frames: Buffer): void {
  if (socket.connected) writeEvents(socket.conn, list, frames);
}
