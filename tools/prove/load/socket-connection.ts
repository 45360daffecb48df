import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "#gen/socket-events.ts";
import type { ApiUser } from "#tools/rig/api.ts";
import type { ClientSpec } from "./protocol.ts";

export type ChatSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** An unmodified Socket.IO client that comes back by itself, with a new token each time. */
export interface Connection {
  socket: ChatSocket;
  /** Makes a callback that does nothing once the connection is another. */
  current: <T extends unknown[]>(then: (...args: T) => void) => (...args: T) => void;
  /** Gives the connection up and makes another. */
  reconnect: () => void;
}

export interface ConnectionOptions {
  spec: ClientSpec;
  user: ApiUser;
  onConnected: (isFirst: boolean) => void;
  onLost: () => void;
}

/** Of an event, a token or whatever else has to come back. */
export const answerLimitMs = 5_000;
export const retryMs = 200;

export function openConnection({ spec, user, ...on }: ConnectionOptions): Connection {
  let epoch = 0;
  const socket: ChatSocket = io(spec.url, {
    transports: spec.transports ?? [],
    forceNew: true,
    autoConnect: false,
    timeout: 3_000,
    reconnectionDelay: 100,
    reconnectionDelayMax: 500,
    auth: (pass) => {
      const { engine } = socket.io;
      const isCurrent = () => socket.io.engine === engine && engine.readyState === "open";
      tokenWhile(user, isCurrent).then((token) => {
        if (token !== undefined && isCurrent()) pass({ token });
      });
    },
  });
  socket.on("connected", () => {
    epoch++;
    on.onConnected(epoch === 1);
  });
  socket.on("disconnect", (reason) => {
    epoch++;
    on.onLost();
    // A token that ran out on the way; every other loss the client mends by itself.
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), retryMs);
  });
  return {
    socket,
    current(then) {
      const since = epoch;
      return (...args) => {
        if (since === epoch) then(...args);
      };
    },
    reconnect() {
      if (socket.connected) socket.io.engine.close();
    },
  };
}

/** A token, asked for until there is one or nobody waits for it any more. */
async function tokenWhile(user: ApiUser, isWanted: () => boolean): Promise<string | undefined> {
  while (isWanted()) {
    try {
      return await user.wsToken();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
  return undefined;
}
