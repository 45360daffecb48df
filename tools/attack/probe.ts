import { setTimeout as pause } from "node:timers/promises";
import { io } from "socket.io-client";
import type { ApiUser } from "../rig/api.ts";
import type { Target } from "./target.ts";

/** What a fault did to those who asked. */
export interface Damage {
  slowestMs: number;
  statuses: Record<string, number>;
  /** Answers that break the contract: a 401, a 5xx other than 503, a cookie that was touched. */
  wrong: string[];
}

const waitLimitMs = 10_000;

/** Asks of every kind, several times a second, until stopped. */
export function startProbe(target: Target, user: ApiUser, token: string, roomId: string) {
  const damage: Damage = { slowestMs: 0, statuses: {}, wrong: [] };
  let isStopping = false;
  const stopping = new AbortController();
  /** Of the last login. */
  let freshToken = user.accessToken;
  const bearer = { authorization: `Bearer ${user.accessToken}` };
  const asks: Record<string, () => Promise<Response>> = {
    profile: () => fetch(`${target.gateway}/api/auth/profile`, { headers: bearer }),
    rooms: () => fetch(`${target.gateway}/api/rooms`, { headers: bearer }),
    history: () => fetch(`${target.gateway}/api/rooms/${roomId}/messages`, { headers: bearer }),
    "ws-token": () => fetch(`${target.gateway}/api/auth/ws-token`, { headers: bearer }),
    login: () =>
      send(`${target.gateway}/api/auth/login`, { email: user.email, password: user.password }),
    "fresh token": () =>
      fetch(`${target.gateway}/api/rooms`, { headers: { authorization: `Bearer ${freshToken}` } }),
    RPC: () =>
      send(
        `${target.messageRpc}/aetherconnect.message.v1.RoomService/ListRooms`,
        {},
        bearer,
        stopping.signal,
      ),
    "auth RPC": () =>
      send(
        `${target.authRpc}/aetherconnect.auth.v1.AuthService/GetProfile`,
        {},
        bearer,
        stopping.signal,
      ),
  };
  const note = (name: string, status: number | string, ms: number) => {
    const key = `${name} ${status}`;
    damage.statuses[key] = (damage.statuses[key] ?? 0) + 1;
    // What isn't there at all is asked past the gateway: only the gateway must answer.
    damage.slowestMs = Math.max(damage.slowestMs, ms);
  };
  const lanes = Object.entries(asks).map(async ([name, ask]) => {
    while (!isStopping) {
      const startedAt = performance.now();
      const response = await ask().catch(() => undefined);
      const text = (await response?.text().catch(() => undefined)) ?? "";
      const status = response?.status ?? "no answer";
      if (name === "login" && status === 200) freshToken = String(JSON.parse(text).accessToken);
      const isPastGateway = name.includes("RPC");
      if (!isPastGateway || response) note(name, status, performance.now() - startedAt);
      const isFine = status === 200 || status === 503 || (isPastGateway && !response);
      if (!isFine) damage.wrong.push(`${name}: ${status}`);
      if (status !== 200 && response?.headers.getSetCookie().length)
        damage.wrong.push(`${name}: cookie`);
      await pause(100);
    }
  });
  const knocking = (async () => {
    while (!isStopping) {
      const fresh = await user.wsToken().catch(() => token);
      const code = await knock(target.message, fresh);
      note("socket", code, 0);
      if (!["connected", "UNAVAILABLE", "no answer"].includes(code))
        damage.wrong.push(`socket: ${code}`);
      await pause(300);
    }
  })();
  return {
    damage,
    async stop() {
      isStopping = true;
      // What is paused answers those that asked it, and not the gateway, when it may go on.
      stopping.abort();
      await Promise.race([Promise.all([...lanes, knocking]), pause(waitLimitMs)]);
    },
  };
}

/** Seconds until everything answers as it should. */
export async function untilWhole(
  target: Target,
  user: ApiUser,
  limitSeconds: number,
): Promise<number> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  while (seconds() < limitSeconds) {
    const isIn = await user.login().then(
      () => true,
      () => false,
    );
    const rooms = await fetch(`${target.gateway}/api/rooms`, {
      headers: { authorization: `Bearer ${user.accessToken}` },
    }).catch(() => undefined);
    await rooms?.arrayBuffer().catch(() => undefined);
    if (isIn && rooms?.status === 200 && (await isHealthy(target.message))) return seconds();
    await pause(100);
  }
  return Number.POSITIVE_INFINITY;
}

/** Waits until services that were just started know each other. @throws Error after 20 s */
export async function untilHealthy({ gateway, message }: Target): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await isHealthy(gateway)) && (await isHealthy(message))) return;
    await pause(100);
  }
  throw new Error("the platform doesn't come to rest");
}

async function isHealthy(url: string): Promise<boolean> {
  const health = await fetch(`${url}/health`)
    .then((response) => response.text())
    .catch(() => "");
  return health.includes('"status":"ok"');
}

function send(
  url: string,
  body: object,
  headers = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(url, {
    signal,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** What a handshake with a token comes to: "connected", a code of the contract, "no answer". */
export async function knock(url: string, token: string): Promise<string> {
  const socket = io(url, {
    auth: { token },
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    timeout: 5_000,
  });
  try {
    return await new Promise<string>((resolve) => {
      socket.on("connected", () => resolve("connected"));
      socket.on("error", ({ code }) => resolve(code));
      socket.on("connect_error", () => resolve("no answer"));
      setTimeout(resolve, 6_000, "no answer");
    });
  } finally {
    socket.disconnect();
  }
}
