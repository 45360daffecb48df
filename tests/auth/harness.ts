import assert from "node:assert/strict";
import { type Client, createClient } from "@connectrpc/connect";
import { type AuthConfig, parseAuthConfig } from "#auth/config.ts";
import type { AuthOverrides } from "#auth/context.ts";
import { type RunningAuth, startAuth } from "#auth/service.ts";
import { clientAddressHeader, clientDeviceHeader } from "#common/rpc/caller.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService, type Tokens } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { User } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import type { ClientRule } from "#rpc";
import { createTestDatabase, type TestDatabase } from "#tools/rig/database.ts";
import { newSecret, withoutLimits } from "#tools/rig/layout.ts";
import { createTestLog, noteSecret, noteSecretsIn } from "#tools/rig/log.ts";
import { cheapPasswords, freePorts } from "#tools/rig/testbed.ts";

export type AuthClient = Client<typeof AuthService>;

export const password = "correct horse battery";

/**
 * An auth service with a client that is known as the gateway. Disposing looks through its log
 * for every password, token and secret that was used.
 */
export interface TestAuth extends AsyncDisposable {
  running: RunningAuth;
  config: AuthConfig;
  client: AuthClient;
  serviceTokens: ServiceTokens;
}

export function testConfig(databaseUrl: string, changes: Partial<AuthConfig> = {}): AuthConfig {
  const env = { ...withoutLimits, SERVICE_SECRET: newSecret(), DATABASE_URL: databaseUrl };
  return { ...parseAuthConfig(env), ...freePorts, ...changes };
}

export async function startTestAuth(
  config: AuthConfig,
  overrides: AuthOverrides = {},
): Promise<TestAuth> {
  config.serviceSecrets.forEach(noteSecret);
  const log = createTestLog("auth");
  const running = await startAuth(config, {
    log: log.log,
    ...cheapPasswords,
    ...overrides,
  });
  const serviceTokens = createServiceTokens("gateway", config.serviceSecrets);
  const rpc = createRpcClient({
    url: running.rpcUrl,
    audience: "auth",
    serviceTokens,
    // Fifty at once on a busy machine are slow, not wrong.
    timeoutMs: 10_000,
    rules: [noteSecrets],
  });
  return {
    running,
    config,
    client: createClient(AuthService, rpc.transport),
    serviceTokens,
    async [Symbol.asyncDispose]() {
      rpc.close();
      await running[Symbol.asyncDispose]();
      log[Symbol.dispose]();
    },
  };
}

/** What goes over the wire and must not be in a log. */
const noteSecrets: ClientRule = async ({ message, header }, next) => {
  noteSecret(header("authorization")?.replace("Bearer ", "") ?? "");
  noteSecretsIn(message, undefined, []);
  const answer = await next();
  noteSecretsIn(undefined, answer, []);
  if (answer && "tokens" in answer) noteSecretsIn(undefined, answer.tokens, []);
  return answer;
};

/** A database and a service on it. */
export async function startFresh(
  changes: Partial<AuthConfig> = {},
  overrides: AuthOverrides = {},
): Promise<TestAuth & { database: TestDatabase }> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const auth = stack.use(await startTestAuth(testConfig(database.url, changes), overrides));
  return { ...auth, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Call options of a signed-in user. */
export function as(accessToken: string) {
  return { headers: { authorization: `Bearer ${accessToken}` } };
}

/** Call options of a service that acts for a client. */
export function from(address: string, device?: string) {
  return {
    headers: { [clientAddressHeader]: address, ...(device && { [clientDeviceHeader]: device }) },
  };
}

let count = 0;

/** A username that nobody has. */
export function newName(): string {
  return `user_${process.pid}_${++count}`;
}

export interface SignedIn {
  user: User;
  tokens: Tokens;
}

export async function registerUser(
  client: AuthClient,
  changes: { username?: string; email?: string; firstName?: string; lastName?: string } = {},
): Promise<SignedIn> {
  const username = changes.username ?? newName();
  const answer = await client.register({
    username,
    email: `${username}@example.com`,
    password,
    firstName: "Ada",
    lastName: "Lovelace",
    ...changes,
  });
  return signedIn(answer);
}

export async function loginUser(client: AuthClient, username: string): Promise<SignedIn> {
  return signedIn(await client.login({ username, password }));
}

export function signedIn({
  user,
  tokens,
}: {
  user?: User | undefined;
  tokens?: Tokens | undefined;
}): SignedIn {
  assert.ok(user && tokens, "user and tokens");
  return { user, tokens };
}

export async function refresh(client: AuthClient, refreshToken: string): Promise<Tokens> {
  const { tokens } = await client.refreshSession({ refreshToken });
  assert.ok(tokens);
  return tokens;
}

/** The code with which a call fails, or OK. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (thrown) {
    return fromConnectError(thrown).code;
  }
}

/** The error with which a call fails. */
export async function errorOf(call: Promise<unknown>) {
  try {
    await call;
  } catch (thrown) {
    return fromConnectError(thrown);
  }
  throw new assert.AssertionError({ message: "the call should have failed" });
}

/** The parts of a JWT, unverified. */
export function decode(token: string): {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
} {
  const [header = "", payload = ""] = token.split(".");
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: parse(header), payload: parse(payload) };
}

export function sessionIdOf(token: string): string {
  return String(decode(token).payload.sid);
}

/** Calls a method by plain HTTP, as curl would. */
export async function post(
  rpcUrl: string,
  method: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${rpcUrl}/aetherconnect.auth.v1.AuthService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const parsed: Record<string, unknown> = JSON.parse(await response.text());
  return { status: response.status, body: parsed };
}
