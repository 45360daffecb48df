import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

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
  port: number;
  links: () => readonly Link[];
  /** Ends all connections and takes no new ones, until `restore`. */
  refuse: () => void;
  restore: () => void;
  /** Connections that the server's side has ended. */
  lostByServer: () => number;
}

export interface TcpProxyOptions {
  targetPort: number;
  targetHost?: string;
  tap?: (link: Link) => Tap;
}

export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const { targetPort, targetHost = "127.0.0.1", tap = () => ({}) } = options;
  const links = new Set<Link>();
  let lost = 0;
  let isRefusing = false;

  const server = createServer({ noDelay: true }, (near) => {
    if (isRefusing) {
      near.on("error", () => near.destroy());
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: targetPort, host: targetHost, noDelay: true });
    const link: Link = {
      toNear: (chunk) => write(near, chunk, far),
      cut() {
        links.delete(link);
        near.resetAndDestroy();
        far.resetAndDestroy();
      },
    };
    links.add(link);
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
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    port: address.port,
    links: () => [...links],
    refuse() {
      isRefusing = true;
      for (const link of [...links]) link.cut();
    },
    restore() {
      isRefusing = false;
    },
    lostByServer: () => lost,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const link of [...links]) link.cut();
      await closed;
    },
  };
}

function write(to: Socket, chunk: Buffer, from: Socket): void {
  if (to.destroyed || to.write(chunk)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
