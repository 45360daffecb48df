import { randomBytes } from "node:crypto";
import type { Server } from "node:net";
import { portOf } from "#tools/rig/ports.ts";

/** What stands on the wire of the platform, so that baselines send as many bytes. */
export interface WireMessage {
  id: string;
  userId: string;
  username: string;
  roomId: string;
  content: string;
  messageType: "text";
  metadata: null;
  createdAt: string;
  updatedAt: string;
  seq: number;
  clientMessageId: null;
}

export interface MessageMaker {
  (roomId: string, userId: string, content: string): WireMessage;
  /** The last messages of a room above a number: as much history as fits into memory. */
  after: (roomId: string, seq: number | undefined) => WireMessage[];
}

const kept = 200;

export function createMessageMaker(): MessageMaker {
  const rooms = new Map<string, { seq: number; messages: WireMessage[] }>();
  const make = (roomId: string, userId: string, content: string): WireMessage => {
    const room = rooms.get(roomId) ?? { seq: 0, messages: [] };
    rooms.set(roomId, room);
    const at = new Date().toISOString();
    const message: WireMessage = {
      id: randomBytes(12).toString("hex"),
      userId,
      username: "Ada Lovelace",
      roomId,
      content,
      messageType: "text",
      metadata: null,
      createdAt: at,
      updatedAt: at,
      seq: ++room.seq,
      clientMessageId: null,
    };
    room.messages.push(message);
    if (room.messages.length > kept) room.messages.shift();
    return message;
  };
  const after = (roomId: string, seq: number | undefined) =>
    seq === undefined ? [] : (rooms.get(roomId)?.messages ?? []).filter((it) => it.seq > seq);
  return Object.assign(make, { after });
}

/** Listens on a free port, tells the parent, and ends with it. */
export function reportReady(server: Server): void {
  server.listen(0, "127.0.0.1", () => reportPort(portOf(server)));
}

/** Tells the parent where it listens, and ends with it. */
export function reportPort(port: number): void {
  process.send?.({ type: "ready", urls: [`http://127.0.0.1:${port}`] });
  process.on("SIGTERM", () => process.exit(0));
  process.on("disconnect", () => process.exit(0));
}
