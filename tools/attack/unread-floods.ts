import { connect as connectHttp2 } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type ApiUser, createApiRoom } from "../rig/api.ts";
import { countHeld, openRaw } from "../rig/raw-sockets.ts";
import type { Flood } from "./flood.ts";

const path = "/aetherconnect.message.v1.MessageService/ListMessages";

/** A room whose pages are as large as pages get: some 1.5 MB. */
async function fillRoom(user: ApiUser): Promise<string> {
  const roomId = await createApiRoom(user, "Large");
  const content = "\u{1f600}".repeat(4_000);
  for (let i = 0; i < 100; i++) await user.post(`/api/rooms/${roomId}/messages`, { content });
  return roomId;
}

/** Large answers that nobody reads: requests in a row at the gateway, windows of nothing at RPC. */
export const unreadAnswers: Flood = async (target, user, scale) => {
  const roomId = await fillRoom(user);
  const count = Math.max(10, Math.round(60 * scale));
  const line = `GET /api/rooms/${roomId}/messages?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.accessToken}\r\n\r\n`;
  const body = JSON.stringify({ roomId, limit: 100 });
  const rpcLine = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${user.accessToken}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const sockets: Socket[] = [];
  const sessions: ReturnType<typeof openUnread>[] = [];
  for (let i = 0; i < count; i++) {
    const isRpc = i % 3 === 0;
    const socket = openRaw(isRpc ? target.messageRpc : target.gateway);
    socket.pause();
    socket.write((isRpc ? rpcLine : line).repeat(1 + (i % 4)));
    sockets.push(socket);
    if (i % 10 === 0) sessions.push(openUnread(target.messageRpc, user, roomId, 10));
    // What counts is what they hold, not how fast they ask: limits of rate are for that.
    await pause(500);
  }
  await pause(30_000);
  // Of those that were not ended keep-alive would end the last after 5 s, and prove nothing.
  const left = await countHeld(sockets, 4_000);
  const streams = sessions.reduce((sum, it) => sum + it.countOpen(), 0);
  for (const socket of sockets) socket.destroy();
  for (const { end } of sessions) end();
  return {
    figure: `${left} of ${count} connections and ${streams} streams still held after 30 s`,
    isMet: left === 0 && streams === 0,
  };
};

function openUnread(url: string, user: ApiUser, roomId: string, count: number) {
  const session = connectHttp2(url, { settings: { initialWindowSize: 0 } });
  session.on("error", () => undefined);
  const streams = Array.from({ length: count }, () => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/json",
      authorization: `Bearer ${user.accessToken}`,
    });
    stream.on("error", () => undefined);
    stream.end(JSON.stringify({ roomId, limit: 100 }));
    return stream;
  });
  return {
    countOpen: () => streams.filter((it) => !it.closed && !it.destroyed).length,
    end: () => session.destroy(),
  };
}
