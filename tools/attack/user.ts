import { randomBytes } from "node:crypto";
import { io, type Socket } from "socket.io-client";

/** A registered user of the platform under attack. */
export interface User {
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
}

export async function registerUser(gateway: string): Promise<User> {
  const tag = randomBytes(5).toString("hex");
  const email = `${tag}@example.com`;
  const password = `correct horse ${tag}`;
  const names = { username: `user_${tag}`, firstName: "Ada", lastName: "Lovelace" };
  await post(`${gateway}/api/auth/register`, { ...names, email, password });
  return login(gateway, email, password);
}

/** @throws Error unless it is let in */
export async function login(gateway: string, email: string, password: string): Promise<User> {
  const { status, body } = await post(`${gateway}/api/auth/login`, { email, password });
  if (status !== 200) throw new Error(`login: ${status}`);
  return {
    email,
    password,
    accessToken: String(body.accessToken),
    refreshToken: String(body.refreshToken),
  };
}

/** An answer, whatever its status. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export async function post(url: string, body: object, headers = {}): Promise<Answer> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
  return answerOf(ask(url, init));
}

/** Asks once more where that fails: a kept connection may be ended just when it is used. */
export function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, init).catch(() => fetch(url, init));
}

/** @param attempts at most, see `ask` */
export async function get(url: string, accessToken: string, attempts = 2): Promise<Answer> {
  const init = { headers: { authorization: `Bearer ${accessToken}` } };
  return answerOf(attempts > 1 ? ask(url, init) : fetch(url, init));
}

async function answerOf(answering: Promise<Response>): Promise<Answer> {
  const response = await answering;
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith("{") ? JSON.parse(text) : {},
    headers: response.headers,
  };
}

/** @throws Error if it gets none */
export async function wsToken(gateway: string, user: User): Promise<string> {
  const { status, body } = await get(`${gateway}/api/auth/ws-token`, user.accessToken);
  if (status !== 200) throw new Error(`ws-token: ${status}`);
  return String(body.token);
}

/** A socket that is signed in and has joined `general`. */
export async function joinGeneral(
  gateway: string,
  url: string,
  user: User,
): Promise<{ socket: Socket; roomId: string }> {
  const { body } = await get(`${gateway}/api/rooms/public`, user.accessToken);
  const [room] = Array.isArray(body.rooms) ? body.rooms : [];
  const roomId = String(room?.id);
  const socket = io(url, {
    transports: ["websocket"],
    reconnection: false,
    auth: { token: await wsToken(gateway, user) },
  });
  await new Promise((resolve, reject) => {
    socket.on("connected", resolve);
    socket.on("connect_error", reject);
    socket.on("error", ({ code }) => reject(new Error(code)));
  });
  await socket.emitWithAck("join_room", { roomId });
  return { socket, roomId };
}
