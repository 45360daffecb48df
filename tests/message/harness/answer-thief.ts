import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Stands before a server and makes off with its answers to a kind of request. */
export interface AnswerThief extends AsyncDisposable {
  port: number;
  /** The next request that contains this is carried out, and its connection ends unanswered. */
  steal: (request: string) => void;
  /** How many answers were taken. */
  taken: () => number;
}

export async function startAnswerThief(port: number, host: string): Promise<AnswerThief> {
  const sockets = new Set<Socket>();
  let wanted: string | undefined;
  let taken = 0;
  const server = createServer((near) => {
    const far = connect(port, host);
    let isWanted = false;
    const end = () => {
      for (const socket of [near, far]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", end).on("close", end);
    }
    near.on("data", (data) => {
      if (wanted !== undefined && data.includes(wanted)) {
        isWanted = true;
        wanted = undefined;
      }
      far.write(data);
    });
    far.on("data", (data) => {
      if (isWanted) {
        taken++;
        end();
      } else near.write(data);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    steal(request) {
      wanted = request;
    },
    taken: () => taken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}
