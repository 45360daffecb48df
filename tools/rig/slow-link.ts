import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { portOf } from "./ports.ts";

export interface SlowLinkOptions {
  /** What each way takes; a round trip takes twice that. */
  delayMs: number;
  /** How much comes through to the client; as much as there is if not given. */
  bytesPerSecond?: number;
}

/** A link between clients and a server that is far away, or narrow. */
export interface SlowLink extends AsyncDisposable {
  /** The server's, by way of the link. */
  url: string;
}

export async function startSlowLink(target: string, options: SlowLinkOptions): Promise<SlowLink> {
  const { delayMs, bytesPerSecond } = options;
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port: Number(port), host: hostname, noDelay: true, allowHalfOpen: true });
    for (const [side, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(side);
      side.on("error", () => other.destroy());
      side.on("close", () => {
        open.delete(side);
        other.destroySoon();
      });
    }
    near.pipe(slowed(delayMs)).pipe(far);
    far.pipe(slowed(delayMs, bytesPerSecond)).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Passes on what comes after a while, in its order. */
function slowed(delayMs: number, bytesPerSecond = Number.POSITIVE_INFINITY): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => this.push(chunk), delayMs);
      setTimeout(done, (chunk.length / bytesPerSecond) * 1000);
    },
    flush(done) {
      setTimeout(done, delayMs);
    },
  });
}
