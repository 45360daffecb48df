import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Why tests that need Redis are skipped here; false if they aren't. */
export const withoutRedis: string | false =
  spawnSync("redis-server", ["--version"]).status === 0 ? false : "redis-server is not installed";

/** A Redis server of a test's own, which it may take away and bring back. */
export interface TestRedis extends AsyncDisposable {
  url: string;
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

export async function startTestRedis(): Promise<TestRedis> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await once(probe.close(), "close");

  let server: ChildProcess | undefined;
  const stop = async () => {
    if (!server) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
    server = undefined;
  };
  const start = async () => {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"];
    server = spawn("redis-server", options, { stdio: "ignore" });
    while (!(await answers(port)));
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, stop, start, [Symbol.asyncDispose]: stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.on("data", (data) => {
      resolve(String(data).startsWith("+PONG"));
      socket.destroy();
    });
    socket.on("error", () => setTimeout(resolve, 20, false));
  });
}
