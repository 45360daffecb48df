import { EventEmitter, once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { portOf } from "./ports.ts";

/** One connection through a proxy. */
export interface Link {
  /** Passes bytes on to the side that connected. */
  toNear: (chunk: Buffer) => void;
  /** Ends it at once, on both sides; what has not been passed on is lost. */
  cut: () => void;
}

/** Sees what a connection carries; what a method answers says whether it is passed on. */
export interface Tap {
  fromNear?: (chunk: Buffer) => boolean;
  fromFar?: (chunk: Buffer) => boolean;
}

/** Stands between clients and a server. */
export interface TcpProxy extends AsyncDisposable {
  /** The server's, by way of the proxy. */
  url: string;
  links: () => readonly Link[];
  /** New connections go to another server; those that are there stay. */
  leadTo: (target: string) => void;
  /** Ends all connections and takes no new ones, until `restore`. */
  refuse: () => void;
  /** Takes connections and passes nothing on, as a server that hangs, until `restore`. */
  freeze: () => void;
  restore: () => void;
  /** Resolves when a connection is refused. */
  refusal: () => Promise<unknown>;
  /** Connections that the server's side has ended. */
  lostByServer: () => number;
}

/** @param target the server's URL: of its parts only host and port become others */
export async function startTcpProxy(
  target: string,
  tap: (link: Link) => Tap = () => ({}),
): Promise<TcpProxy> {
  let { hostname, port } = new URL(target);
  const links = new Map<Link, Socket[]>();
  const refusals = new EventEmitter();
  let lost = 0;
  let state: "open" | "refusing" | "frozen" = "open";

  const server = createServer({ noDelay: true }, (near) => {
    if (state === "refusing") {
      near.on("error", () => near.destroy());
      near.resetAndDestroy();
      refusals.emit("refusal");
      return;
    }
    const far = connect({ port: Number(port), host: hostname, noDelay: true });
    const link: Link = {
      toNear: (chunk) => write(near, chunk, far),
      cut() {
        links.delete(link);
        near.resetAndDestroy();
        far.resetAndDestroy();
      },
    };
    links.set(link, [near, far]);
    const { fromNear, fromFar }: Tap = tap(link);
    near.on("data", (chunk) => {
      // Passed on first: what it brings about may be that the link is cut.
      if (fromNear?.(chunk) ?? true) write(far, chunk, near);
    });
    far.on("data", (chunk) => {
      if (fromFar?.(chunk) ?? true) write(near, chunk, far);
    });
    near.on("end", () => far.end());
    far.on("end", () => near.end());
    near.on("error", () => far.resetAndDestroy());
    far.on("error", () => near.resetAndDestroy());
    near.on("close", () => {
      links.delete(link);
      far.destroy();
    });
    far.on("close", () => {
      if (links.delete(link)) lost++;
      near.destroy();
    });
    if (state === "frozen") for (const socket of [near, far]) socket.pause();
  });
  const write = (to: Socket, chunk: Buffer, from: Socket) => {
    if (to.destroyed || to.write(chunk)) return;
    from.pause();
    to.once("drain", () => {
      if (state !== "frozen") from.resume();
    });
  };
  const cutAll = () => {
    for (const link of [...links.keys()]) link.cut();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: target.replace(`${hostname}:${port}`, `127.0.0.1:${portOf(server)}`),
    links: () => [...links.keys()],
    leadTo(other) {
      ({ hostname, port } = new URL(other));
    },
    refuse() {
      state = "refusing";
      cutAll();
    },
    freeze() {
      state = "frozen";
      for (const socket of [...links.values()].flat()) socket.pause();
    },
    restore() {
      state = "open";
      for (const socket of [...links.values()].flat()) socket.resume();
    },
    refusal: () => once(refusals, "refusal"),
    lostByServer: () => lost,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      cutAll();
      await closed;
    },
  };
}
