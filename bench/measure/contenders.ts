import { setTimeout as pause } from "node:timers/promises";
import { createService, type Service } from "#tools/rig/service.ts";
import { openRawSocket, type RawSocket, requestOnce } from "./raw-socket.ts";
import { type BenchStage, setBenchStage } from "./stage.ts";

/** One of those that are compared: a server, and how sockets get into it. */
export interface Contender extends AsyncDisposable {
  name: string;
  server: Service;
  /** Ids of rooms that nobody is in yet. */
  newRooms: (count: number) => Promise<string[]>;
  /** What to open sockets with; each is another user. */
  newDoors: (count: number) => Promise<Door[]>;
}

/** Opens a socket, as often as it is asked. */
export type Door = () => Promise<RawSocket>;

const openAtOnce = 20;

/** The message service; every message is stored. Its stage goes with it. */
export async function ours(env?: Record<string, string>): Promise<Contender> {
  const stage = await setBenchStage(env);
  return contenderOf(stage, "ours", stage.instances[0], async () => {
    await stage[Symbol.asyncDispose]();
  });
}

/** One instance of a stage. */
export function contenderOf(
  stage: BenchStage,
  name: string,
  server: Service | undefined,
  dispose: () => Promise<void> = async () => {},
): Contender {
  if (!server) throw new Error("no such instance");
  return {
    name,
    server,
    async newRooms(count) {
      const [creator] = await stage.newUsers(1);
      return creator ? stage.newRooms(count, creator) : [];
    },
    async newDoors(count) {
      const url = server.urls[0] ?? "";
      const users = await stage.newUsers(count);
      return users.map((user) => async () => {
        const token = await stage.wsToken(user);
        return openRawSocket({ url, auth: { token }, readyEvent: "connected" });
      });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** bench/baselines/socket-io.ts */
export function bareSocketIo(): Promise<Contender> {
  return baseline("bare Socket.IO", "socket-io.ts", {});
}

/** bench/baselines/bare-ws.ts */
export function bareWs(): Promise<Contender> {
  return baseline("bare ws", "bare-ws.ts", undefined);
}

async function baseline(name: string, file: string, auth: object | undefined): Promise<Contender> {
  const server = createService({
    name,
    entry: `${import.meta.dirname}/../baselines/${file}`,
    isMeasured: true,
  });
  await server.start();
  const url = server.urls[0] ?? "";
  let rooms = 0;
  return {
    name,
    server,
    newRooms: async (count) =>
      // As long as ours, for as many bytes on the wire.
      Array.from({ length: count }, () => String(++rooms).padStart(24, "0")),
    newDoors: async (count) =>
      Array.from({ length: count }, () => () => openRawSocket({ url, auth })),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Opens sockets, some at a time, and joins each to its room. */
export async function enter(
  doors: readonly Door[],
  roomOf: (i: number) => string,
): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  for (let i = 0; i < doors.length; i += openAtOnce) {
    const opened = await Promise.all(doors.slice(i, i + openAtOnce).map((open) => open()));
    await Promise.all(opened.map((socket, k) => joinWithRetries(socket, roomOf(i + k))));
    sockets.push(...opened);
  }
  return sockets;
}

/** A busy machine may refuse a join for the moment: nobody is measured by that. */
async function joinWithRetries(socket: RawSocket, roomId: string): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      await join(socket, roomId);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await pause(500);
    }
  }
}

/** @throws Error where the server refuses */
export async function join(socket: RawSocket, roomId: string, afterSeq?: number): Promise<unknown> {
  const answer = await requestOnce(socket, "join_room", {
    roomId,
    ...(afterSeq !== undefined && { afterSeq }),
  });
  return succeeded(answer);
}

/** An acknowledgement that says so. @throws Error otherwise */
export function succeeded(answer: unknown): unknown {
  if (typeof answer === "object" && answer && "success" in answer && answer.success) return answer;
  throw new Error(`refused: ${JSON.stringify(answer)}`);
}
