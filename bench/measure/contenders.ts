import { setTimeout as pause } from "node:timers/promises";
import { createService, type Service } from "#tools/rig/service.ts";
import { type MessageService, startMessageService } from "./message-service.ts";
import { openRawSocket, type RawSocket, requestOnce } from "./raw-socket.ts";

/** One of those that are compared: a server, and how sockets get into it. */
export interface Contender extends AsyncDisposable {
  name: string;
  server: Service;
  /** Ids of rooms that nobody is in yet. */
  newRooms: (count: number) => Promise<string[]>;
  /** What to open sockets with; each is another user. */
  newDoors: (count: number) => Promise<Door[]>;
}

/** Opens a socket of a user, as often as it is asked. */
export interface Door {
  (): Promise<RawSocket>;
  userId: string;
}

const openAtOnce = 20;

/** The message service; every message is stored. */
export async function ours({
  env,
  counted,
}: {
  env?: Record<string, string>;
  counted?: readonly string[];
} = {}): Promise<Contender> {
  const service = await startMessageService(env);
  return contenderOf(service, "ours", service.instances[0], {
    dispose: () => service[Symbol.asyncDispose](),
    ...(counted && { counted }),
  });
}

/** One instance of it. */
export function contenderOf(
  service: MessageService,
  name: string,
  server: Service | undefined,
  {
    dispose = async () => {},
    counted,
  }: { dispose?: () => PromiseLike<void>; counted?: readonly string[] } = {},
): Contender {
  if (!server) throw new Error("no such instance");
  return {
    name,
    server,
    async newRooms(count) {
      const [creator] = await service.newUsers(1);
      return creator ? service.newRooms(count, creator) : [];
    },
    async newDoors(count) {
      const url = server.urls[0] ?? "";
      const users = await service.newUsers(count);
      return users.map((user) => {
        const open = async () => {
          const token = await service.wsToken(user);
          const options = { url, auth: { token }, readyEvent: "connected" };
          return openRawSocket({ ...options, ...(counted && { counted }) });
        };
        return Object.assign(open, { userId: user.id });
      });
    },
    [Symbol.asyncDispose]: async () => dispose(),
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
      Array.from({ length: count }, (_, i) =>
        Object.assign(() => openRawSocket({ url, auth }), { userId: String(i) }),
      ),
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
export async function join(
  socket: RawSocket,
  roomId: string,
  after: { afterSeq?: number; afterRevision?: number } = {},
): Promise<unknown> {
  return succeeded(await requestOnce(socket, "join_room", { roomId, ...after }));
}

/** An acknowledgement that says so. @throws Error otherwise */
export function succeeded(answer: unknown): unknown {
  if (typeof answer === "object" && answer && "success" in answer && answer.success) return answer;
  throw new Error(`refused: ${JSON.stringify(answer)}`);
}
