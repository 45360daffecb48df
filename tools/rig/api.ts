import { newRegistration } from "./users.ts";

/** An answer of the REST API, whatever its status. */
export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

/** A user of the REST API, known by a bearer token; signs in again when that has expired. */
export interface ApiUser {
  id: string;
  email: string;
  password: string;
  /** Of the last login. */
  readonly accessToken: string;
  call: (method: string, path: string, body?: object) => Promise<ApiAnswer>;
  get: (path: string) => Promise<ApiAnswer>;
  post: (path: string, body: object) => Promise<ApiAnswer>;
  /** A fresh WebSocket token. @throws Error if none can be had now */
  wsToken: () => Promise<string>;
  /** @throws Error unless they are let in */
  login: () => Promise<void>;
}

const limitMs = 5_000;
/** Access tokens live for 15 minutes. */
const tokenAgeMs = 10 * 60_000;

/** Asks once more where that fails: a kept connection may be ended just when it is used. */
export function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, init).catch(() => fetch(url, init));
}

/** As `ask`. */
export async function post(url: string, body: object, headers = {}): Promise<ApiAnswer> {
  return answerOf(await ask(url, posted(body, headers)));
}

/** @param username one that nobody has, if not given @throws Error */
export async function registerApiUser(gatewayUrl: string, username?: string): Promise<ApiUser> {
  const registration = { ...newRegistration(), ...(username !== undefined && { username }) };
  const { email, password } = registration;
  let token = "";
  let tokenAt = Number.NEGATIVE_INFINITY;

  const call = async (path: string, init: RequestInit) =>
    answerOf(await fetch(gatewayUrl + path, { ...init, signal: AbortSignal.timeout(limitMs) }));
  const login = async () => {
    const { status, body } = await call("/api/auth/login", posted({ email, password }));
    if (typeof body.accessToken !== "string") throw new Error(`no access token (${status})`);
    token = body.accessToken;
    tokenAt = performance.now();
  };
  const signedIn = async (method: string, path: string, body?: object) => {
    if (performance.now() - tokenAt > tokenAgeMs) await login();
    const send = () => {
      const headers = { authorization: `Bearer ${token}` };
      return call(path, body ? { ...posted(body, headers), method } : { method, headers });
    };
    const answer = await send();
    if (answer.status !== 401) return answer;
    await login();
    return send();
  };

  const answer = await call("/api/auth/register", posted(registration));
  if (answer.status !== 201) throw new Error(`register: ${JSON.stringify(answer.body)}`);
  await login();
  return {
    id: idOf(answer.body.user),
    email,
    password,
    get accessToken() {
      return token;
    },
    call: signedIn,
    get: (path) => signedIn("GET", path),
    post: (path, body) => signedIn("POST", path, body),
    async wsToken() {
      const { status, body } = await signedIn("GET", "/api/auth/ws-token");
      if (typeof body.token !== "string") throw new Error(`no WebSocket token (${status})`);
      return body.token;
    },
    login,
  };
}

/** The id of a new room. @throws Error */
export async function createApiRoom(
  user: ApiUser,
  name: string,
  roomType: "public" | "private" = "public",
): Promise<string> {
  const { body } = await user.post("/api/rooms", { name, roomType });
  return idOf(body.room ?? body);
}

/** @throws Error if it has none */
function idOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "id" in answer) return String(answer.id);
  throw new Error(`there is no id in ${JSON.stringify(answer)}`);
}

function posted(body: object, headers = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

async function answerOf(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith("{") ? JSON.parse(text) : {},
    headers: response.headers,
  };
}
