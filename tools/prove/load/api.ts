/** An answer of the REST API. */
export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** One user of the REST API, signed in by bearer token. */
export interface ApiUser {
  get: (path: string) => Promise<ApiAnswer>;
  post: (path: string, body: object) => Promise<ApiAnswer>;
  /** A fresh WebSocket token. @throws Error if none can be had now */
  wsToken: () => Promise<string>;
}

const limitMs = 5_000;
/** Access tokens live for 15 minutes. */
const tokenAgeMs = 10 * 60_000;

/** Registers a user. @throws Error */
export async function registerUser(baseUrl: string, name: string): Promise<ApiUser> {
  const email = `${name}@example.com`;
  const password = `prove it with ${name}`;
  let token = "";
  let tokenAt = Number.NEGATIVE_INFINITY;

  const call = async (method: string, path: string, body?: object): Promise<ApiAnswer> => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(limitMs),
    });
    const json: unknown = await response.json();
    return { status: response.status, body: isObject(json) ? json : {} };
  };
  const signIn = async () => {
    const answer = await call("POST", "/api/auth/login", { email, password });
    if (typeof answer.body.accessToken !== "string") throw new Error("no access token");
    token = answer.body.accessToken;
    tokenAt = performance.now();
  };
  const signedIn = async (method: string, path: string, body?: object) => {
    if (performance.now() - tokenAt > tokenAgeMs) await signIn();
    const answer = await call(method, path, body);
    if (answer.status !== 401) return answer;
    await signIn();
    return call(method, path, body);
  };

  const registration = { username: name, email, password, firstName: "Prove", lastName: name };
  const answer = await call("POST", "/api/auth/register", registration);
  if (answer.status !== 201) throw new Error(`register: ${JSON.stringify(answer.body)}`);
  await signIn();
  return {
    get: (path) => signedIn("GET", path),
    post: (path, body) => signedIn("POST", path, body),
    async wsToken() {
      const { status, body } = await signedIn("GET", "/api/auth/ws-token");
      if (typeof body.token !== "string") throw new Error(`no WebSocket token (${status})`);
      return body.token;
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
