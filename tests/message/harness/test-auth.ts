import { randomBytes } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { AuthConfig } from "#auth/config.ts";
import { startAuth } from "#auth/service.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";

/** A user as the tests know one. */
export interface TestUser {
  id: string;
  username: string;
  /** First and last name. */
  name: string;
}

/** The auth service that the message service is tested with. */
export interface TestAuth extends AsyncDisposable {
  rpcUrl: string;
  /** @param name first and last name */
  newUser: (name?: string) => Promise<TestUser>;
  rename: (user: TestUser, firstName: string) => Promise<void>;
  accessToken: (user: TestUser) => Promise<string>;
  wsToken: (user: TestUser) => Promise<string>;
  /** Signs the user out. */
  endSession: (user: TestUser) => Promise<void>;
  /** Nobody can reach it, until it is back on the same port. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

/** The real one. */
export async function startTestAuth(config: AuthConfig): Promise<TestAuth> {
  let service = await startAuth(config);
  const { rpcUrl } = service;
  const transport = createConnectTransport({ baseUrl: rpcUrl, httpVersion: "1.1" });
  const client = createClient(AuthService, transport);
  const tokens = new Map<string, string>();
  const accessToken = async ({ id }: TestUser) => tokens.get(id) ?? "";
  const as = async (user: TestUser) => ({
    headers: { authorization: `Bearer ${await accessToken(user)}` },
  });
  return {
    rpcUrl,
    async newUser(name = "Ada Lovelace") {
      const [firstName = "", lastName = ""] = name.split(" ");
      const tag = randomBytes(5).toString("hex");
      const answer = await client.register({
        username: `user_${tag}`,
        email: `${tag}@example.com`,
        password: `correct horse ${tag}`,
        firstName,
        lastName,
      });
      if (!answer.user || !answer.tokens) throw new Error("no user was registered");
      const { id, username } = answer.user;
      tokens.set(id, answer.tokens.accessToken);
      return { id, username, name };
    },
    async rename(user, firstName) {
      await client.updateProfile({ firstName }, await as(user));
    },
    accessToken,
    wsToken: async (user) => (await client.issueWsToken({}, await as(user))).token,
    async endSession(user) {
      await client.logout({}, await as(user));
    },
    async stop() {
      await service[Symbol.asyncDispose]();
    },
    async start() {
      service = await startAuth({ ...config, rpcPort: Number(new URL(rpcUrl).port) });
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
