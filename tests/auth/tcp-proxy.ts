import { EventEmitter, once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Stands between a service and a server, and gets in the way when told to. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Ends all connections and takes no new ones. */
  cut: () => void;
  /** Takes connections, and passes nothing on: as a server that hangs. */
  freeze: () => void;
  restore: () => void;
  /** Resolves when a connection is refused. */
  refusal: () => Promise<unknown>;
}

export async function startProxy(targetPort: number, targetHost: string): Promise<TcpProxy> {
  const pairs = new Map<Socket, Socket>();
  const refusals = new EventEmitter();
  let state: "open" | "cut" | "frozen" = "open";
  const server = createServer((near) => {
    if (state === "cut") {
      near.resetAndDestroy();
      refusals.emit("refusal");
      return;
    }
    const far = connect(targetPort, targetHost);
    pairs.set(near, far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        pairs.delete(near);
      });
      one.pipe(other);
    }
    if (state === "frozen") hold(near, far);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("no port");
  const all = () => [...pairs].flat();
  return {
    port: address.port,
    cut() {
      state = "cut";
      for (const socket of all()) socket.destroy();
    },
    freeze() {
      state = "frozen";
      for (const [near, far] of pairs) hold(near, far);
    },
    restore() {
      state = "open";
      for (const [near, far] of pairs) {
        near.pipe(far);
        far.pipe(near);
      }
    },
    refusal: () => once(refusals, "refusal"),
    async [Symbol.asyncDispose]() {
      state = "cut";
      for (const socket of all()) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

function hold(near: Socket, far: Socket): void {
  near.unpipe(far);
  far.unpipe(near);
  near.pause();
  far.pause();
}
