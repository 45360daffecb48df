import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "#gen/socket-events.ts";
import { noteSecret } from "./log.ts";
import type { TestUser } from "./users.ts";

export type TestSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** An unmodified client's socket that has not been opened yet. */
export function newSocket(
  url: string,
  token: string,
  options: Partial<ManagerOptions & SocketOptions> = {},
): TestSocket {
  noteSecret(token);
  return io(url, {
    auth: { token },
    forceNew: true,
    reconnection: false,
    transports: ["websocket"],
    autoConnect: false,
    ...options,
  });
}

export async function wsToken(user: TestUser): Promise<string> {
  return (await user.client.get("/api/auth/ws-token")).body.token;
}

/** A socket that is signed in. */
export async function connectSocket(
  url: string,
  user: TestUser,
  options?: Partial<ManagerOptions & SocketOptions>,
): Promise<TestSocket> {
  const socket = newSocket(url, await wsToken(user), options);
  const connected = next(socket, "connected");
  socket.connect();
  await connected;
  return socket;
}

/** The payload of the next event of a name; rejects after five seconds. */
export async function next<E extends keyof ServerToClientEvents>(
  socket: TestSocket,
  event: E,
): Promise<Parameters<ServerToClientEvents[E]>[0]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within 5 s`)), 5_000);
    const take = (payload: Parameters<ServerToClientEvents[E]>[0]) => {
      clearTimeout(timer);
      resolve(payload);
    };
    // Socket.IO's types can't follow a listener that is generic in the event.
    socket.once(event as never, take as never);
  });
}

/** Why a socket was closed. */
export function disconnected(socket: TestSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("disconnect", (reason) => resolve(reason));
  });
}
