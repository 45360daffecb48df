import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../rig/api.ts";
import { countHeld, frame, openRawWebSocket, pour } from "../rig/raw-sockets.ts";
import type { Flood } from "./flood.ts";

/** Pings that each ask for a pong, from clients that read none; signed in and not, at both doors. */
export const unreadPings: Flood = async (target, user, scale) => {
  const pings = Buffer.concat(Array(200).fill(frame(9, "x".repeat(125))));
  const connect = frame(1, `40${JSON.stringify({ token: await user.wsToken() })}`);
  const doors = [target.message, target.message, target.gateway, target.gateway];
  const attack = async (url: string, isSignedIn: boolean) => {
    const socket = await openRawWebSocket(url);
    if (!socket) return { socket, bytes: 0 };
    if (isSignedIn) {
      socket.write(connect);
      await pause(300);
    }
    socket.pause();
    const bytes = await pour(socket, pings, 15_000 * Math.max(scale, 0.3));
    return { socket, bytes };
  };
  const attacks = await Promise.all(doors.map((url, i) => attack(url, i % 2 === 0)));
  const opened = attacks.flatMap(({ socket }) => (socket ? [socket] : []));
  const left = await countHeld(opened, 5_000);
  for (const socket of opened) socket.destroy();
  const megabytes = attacks.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / 1024;
  return {
    figure: `${megabytes.toFixed(0)} MB over ${opened.length} connections, ${left} not ended`,
    isMet: left === 0 && opened.length === doors.length,
  };
};

/** Messages in fragments of a byte, of which none is the last. */
export const endlessFragments: Flood = async (target, user, scale) => {
  const connect = frame(1, `40${JSON.stringify({ token: await user.wsToken() })}`);
  const pieces = Buffer.concat(Array(500).fill(frame(0, "x", false)));
  const count = Math.max(4, Math.round(40 * scale));
  const attack = async () => {
    const socket = await openRawWebSocket(target.message);
    if (!socket) return undefined;
    socket.write(connect);
    await pause(300);
    socket.write(frame(1, "4", false));
    await pour(socket, pieces, 10_000);
    return socket;
  };
  const opened: Socket[] = [];
  for (const socket of await Promise.all(Array.from({ length: count }, attack))) {
    if (socket) opened.push(socket);
  }
  const left = await countHeld(opened, 5_000);
  for (const socket of opened) socket.destroy();
  return {
    figure: `${opened.length} messages without end, ${left} still read`,
    isMet: left === 0 && opened.length === count,
  };
};

/** Connections of Engine.IO that never say who they are, and polling sessions that never poll. */
export const silentSockets: Flood = async (target, user, scale) => {
  const count = Math.round(500 * scale);
  const doors = [target.message, target.gateway];
  const opened = await Promise.all(
    Array.from({ length: count }, (_, i) => openRawWebSocket(doors[i % 2] ?? target.message)),
  );
  const sockets = opened.flatMap((it) => (it ? [it] : []));
  const token = await user.wsToken();
  const sessions = await Promise.all(
    Array.from({ length: count }, (_, i) => openPolling(target.message, i % 2 ? token : undefined)),
  );
  // A client that said who it is has until the next ping, and what an answer to that may take.
  const isLong = scale === 1;
  await pause(isLong ? 50_000 : 9_000);
  const judged = sessions.filter((_, i) => isLong || i % 2 === 0);
  const alive = await Promise.all(judged.map((sid) => isAlive(target.message, sid)));
  const left = { sockets: await countHeld(sockets, 0), sessions: alive.filter(Boolean).length };
  for (const socket of sockets) socket.destroy();
  return {
    figure: `${sockets.length} sockets and ${judged.length} polling sessions: ${left.sockets} and ${left.sessions} still there`,
    isMet: left.sockets === 0 && left.sessions === 0 && sockets.length === count,
  };
};

/** Polling requests that are as full of packets as they may be large, from clients not let in. */
export const stuffedRequests: Flood = async (target, _user, scale) => {
  const bodies = ["3", "6", "40/a,"].map((packet) =>
    Array(Math.floor(250_000 / (packet.length + 1)))
      .fill(packet)
      .join("\x1e"),
  );
  const doors = [target.message, target.gateway];
  let sent = 0;
  let alive = 0;
  for (let round = 0; round < Math.max(1, Math.round(10 * scale)); round++) {
    await Promise.all(
      bodies.map(async (body, i) => {
        const door = doors[(round + i) % 2] ?? target.message;
        const sid = await openPolling(door, undefined);
        await fetch(polling(door, sid), { method: "POST", body })
          .then((response) => response.arrayBuffer())
          .catch(() => undefined);
        sent++;
        if (await isAlive(door, sid)) alive++;
      }),
    );
  }
  return {
    figure: `${sent} requests of 250 kB; ${alive} sessions still there`,
    isMet: alive === 0,
  };
};

const polling = (url: string, sid?: string) =>
  `${url}/socket.io/?EIO=4&transport=polling${sid ? `&sid=${sid}` : ""}`;

async function openPolling(url: string, token: string | undefined): Promise<string> {
  const text = await (await ask(polling(url))).text();
  const sid = /"sid":"([^"]+)"/.exec(text)?.[1] ?? "";
  if (token) {
    const body = `40${JSON.stringify({ token })}`;
    await (await ask(polling(url, sid), { method: "POST", body })).text();
  }
  return sid;
}

/** Asked by sending, for to poll would keep it. */
async function isAlive(url: string, sid: string): Promise<boolean> {
  const response = await ask(polling(url, sid), { method: "POST", body: "3" });
  await response.arrayBuffer();
  return response.status === 200;
}
