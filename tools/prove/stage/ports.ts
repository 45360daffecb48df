import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A free port below those that the system gives to connections: it has to stay free while
 * what listens on it is dead.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    const closed = once(probe, "close");
    probe.close();
    await closed;
    return port;
  }
  throw new Error("no free port was found");
}
