import { once } from "node:events";
import { createServer, type Server } from "node:net";

const attempts = 100;

/**
 * A free port below those that the system gives to connections: it has to stay free while
 * what listens on it is dead.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await once(probe.close(), "close");
    return port;
  }
  throw new Error("no free port was found");
}

/** Different free ports. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort());
  return [...ports];
}

/** Where a server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it doesn't listen");
  return address.port;
}
