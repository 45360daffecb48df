import { writerOf } from "#contract/wire/writer.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { serverEvents } from "#gen/socket-events.ts";
import { eventPacket, webSocketFrame } from "../socket/engine/frame.ts";
import { idleStreamOf } from "../socket/engine/idle-stream.ts";
import { roomName } from "../socket/engine/room-names.ts";
import type { ChatServer, ChatSocket } from "../socket/engine/types.ts";

/** Writes messages to the sockets of this instance. */
export interface Delivery {
  /** Puts a message on the room's list, which goes out at the end of this turn. */
  push: (roomId: string, message: Message) => void;
  /** Sends the room's list now: before who listens changes, and before any other event to it. */
  flush: (roomId: string) => void;
  /** Sends messages to one socket at once. */
  send: (socket: ChatSocket, messages: readonly Message[]) => void;
}

interface Encoded {
  packet: string;
  frame: Buffer;
}

const writeMessage = writerOf(serverEvents.new_message);

/**
 * Most of what a delivery costs is the write call of each socket. So what a room lets out in
 * one turn is encoded once, joined, and written to each member by one call; engine.io's own
 * queue keeps the order with everything else.
 */
export function createDelivery(io: ChatServer): Delivery {
  const pending = new Map<string, Encoded[]>();

  const flush = (roomId: string) => {
    const list = pending.get(roomId);
    if (!list) return;
    pending.delete(roomId);
    const { adapter, sockets } = io.sockets;
    const joined = list.length === 1 ? list[0]?.frame : Buffer.concat(list.map((it) => it.frame));
    for (const id of adapter.rooms.get(roomName(roomId)) ?? []) {
      const socket = sockets.get(id);
      if (socket) write(socket, list, joined);
    }
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
      write(socket, list, Buffer.concat(list.map((it) => it.frame)));
    },
  };
}

function encode(message: Message): Encoded {
  const packet = eventPacket("new_message", writeMessage(message));
  return { packet, frame: webSocketFrame(packet) };
}

function write(socket: ChatSocket, list: Encoded[], frames: Buffer | undefined): void {
  const { conn } = socket;
  if (!socket.connected || conn.readyState !== "open") return;
  const { transport } = conn;
  const isPlainWebSocket =
    transport.name === "websocket" &&
    !("perMessageDeflate" in transport && transport.perMessageDeflate);
  if (frames && isPlainWebSocket) {
    const stream = idleStreamOf(conn);
    if (stream) stream.write(frames);
    else {
      // Its types don't know this option of engine.io. The text is never sent where it is given.
      const options = { compress: false, wsPreEncodedFrame: [frames] };
      conn.write("-", options);
    }
  } else {
    for (const { packet } of list) conn.write(packet, { compress: false });
  }
}
