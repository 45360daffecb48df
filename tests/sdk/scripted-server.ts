import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { type ChatClient, createClient, memoryTokens } from "#sdk";
import { portOf } from "#tools/rig/ports.ts";
import { until } from "./people.ts";

export interface Script {
  /** What a path answers; with a `code` it is a refusal. */
  paths: Record<string, () => object | Promise<object>>;
  /** What an event is acknowledged with; what isn't here succeeds. */
  events: Record<string, (payload: Readonly<Record<string, unknown>>) => object>;
}

export interface ScriptedServer extends AsyncDisposable {
  url: string;
  /** Sends an event to every socket. */
  notify: (event: string, payload: object) => void;
}

export const user = {
  id: "1",
  username: "ada",
  email: "ada@example.com",
  name: "Ada",
  updatedAt: "",
};

/** A server that says what a test wants it to, in that order. */
export async function startScriptedServer({ paths, events }: Script): Promise<ScriptedServer> {
  const answers: Script["paths"] = {
    "/api/auth/profile": () => ({ user }),
    "/api/auth/ws-token": () => ({ token: "token" }),
    ...paths,
  };
  const server = createServer(async (req, res) => {
    const answer = (await answers[req.url ?? ""]?.()) ?? {};
    res.writeHead("code" in answer ? 418 : 200, { "content-type": "application/json" });
    res.end(JSON.stringify({ success: !("code" in answer), ...answer }));
  });
  const io = new Server(server);
  io.on("connection", (socket) => {
    socket.emit("connected", { serverTime: new Date().toISOString() });
    socket.onAny((event: string, payload, acknowledge?: (answer: object) => void) => {
      const answer = events[event]?.(payload) ?? {};
      acknowledge?.({ success: !("code" in answer), ...answer });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    notify: (event, payload) => void io.emit(event, payload),
    async [Symbol.asyncDispose]() {
      await io.close();
    },
  };
}

/** A client of it that is signed in; with `isLive: false` it may still be connecting. */
export async function startClient(
  { url }: ScriptedServer,
  { isLive = true } = {},
): Promise<ChatClient & Disposable> {
  const tokens = memoryTokens({ accessToken: "a", refreshToken: "r" });
  const chat = createClient({ url, tokens });
  await chat.auth.start();
  if (isLive) await until(chat.connection, ({ state }) => state === "live");
  return { ...chat, [Symbol.dispose]: chat.close };
}
