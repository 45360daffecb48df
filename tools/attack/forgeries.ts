import { io } from "socket.io-client";
import { forgeries } from "../rig/forgeries/forgeries.ts";
import { stealMaterial } from "../rig/forgeries/steal-material.ts";
import { startPlatform } from "../rig/platform.ts";
import { registerUser } from "../rig/users.ts";
import { type Finding, quantile } from "./findings.ts";
import type { Target } from "./target.ts";

/** Presents a token; answers whether it was refused as the contract says. */
type Door = (token: string) => Promise<boolean>;

const limitMs = 50;

/** How fast each kind of forgery is refused, one after the other at all doors. */
export async function timeForgeries(target: Target): Promise<Finding> {
  await using platform = await startPlatform({ serverUrl: target.databaseUrl });
  const user = await registerUser(platform);
  const { access, ws } = await stealMaterial(platform, user, "http://127.0.0.1:9");
  const { authRpcUrl, gatewayUrl, messageRpcUrl, messageUrl } = platform;
  const doors: [string, Map<string, string>, Door][] = [
    ["REST", forgeries(access), (token) => ask(`${gatewayUrl}/api/rooms`, token)],
    [
      "auth RPC",
      forgeries(access),
      (token) => ask(`${authRpcUrl}/aetherconnect.auth.v1.AuthService/GetProfile`, token, "{}"),
    ],
    [
      "message RPC",
      forgeries(access),
      (token) =>
        ask(`${messageRpcUrl}/aetherconnect.message.v1.RoomService/ListRooms`, token, "{}"),
    ],
    ["socket", forgeries(ws), (token) => knock(messageUrl, token)],
  ];
  const times: { what: string; ms: number }[] = [];
  const accepted: string[] = [];
  for (const [name, tokens, door] of doors) {
    // What a first connection costs is no forgery's.
    for (let i = 0; i < 20; i++) await door("x");
    for (const [kind, token] of tokens) {
      const startedAt = performance.now();
      const isRefused = await door(token);
      times.push({ what: `${name}, ${kind}`, ms: performance.now() - startedAt });
      if (!isRefused) accepted.push(`${name}, ${kind}`);
    }
  }
  const all = times.map(({ ms }) => ms);
  const slowest = times.toSorted((a, b) => b.ms - a.ms)[0];
  const max = slowest?.ms ?? Number.NaN;
  const figures = [quantile(all, 0.5), quantile(all, 0.99), max].map((ms) => ms.toFixed(1));
  return {
    what: `forgeries: ${forgeries(access).size} kinds at ${doors.length} doors`,
    figure: `${accepted.length} accepted${accepted.length ? ` (${accepted[0]})` : ""}, p50 ${figures[0]}, p99 ${figures[1]}, slowest ${figures[2]} ms (${slowest?.what})`,
    goal: `none accepted, no 5xx, each answered within ${limitMs} ms`,
    isMet: accepted.length === 0 && max <= limitMs,
  };
}

async function ask(url: string, token: string, body?: string): Promise<boolean> {
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body }),
  });
  await response.arrayBuffer();
  return response.status === 401;
}

/** From the knock to the refusal, the connection included. */
async function knock(url: string, token: string): Promise<boolean> {
  const socket = io(url, {
    auth: { token },
    forceNew: true,
    reconnection: false,
    transports: ["websocket"],
  });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.on("connected", () => resolve(false));
      socket.on("error", ({ code }) =>
        resolve(code === "UNAUTHENTICATED" || code === "TOKEN_EXPIRED"),
      );
      socket.on("connect_error", reject);
    });
  } finally {
    socket.disconnect();
  }
}
