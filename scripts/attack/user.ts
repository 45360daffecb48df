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

export async function login(gateway: string, email: string, password: string): Promise<User> {
  const { body } = await post(`${gateway}/api/auth/login`, { email, password });
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
  return answerOf(
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    }),
  );
}

export async function get(url: string, accessToken: string): Promise<Answer> {
  return answerOf(fetch(url, { headers: { authorization: `Bearer ${accessToken}` } }));
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

export async function wsToken(gateway: string, user: User): Promise<string> {
  return String((await get(`${gateway}/api/auth/ws-token`, user.accessToken)).body.token);
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
