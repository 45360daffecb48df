import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Testbed } from "./testbed.ts";
import { newRegistration } from "./users.ts";

/** A user of the auth service, reached by RPC alone. */
export interface RpcUser {
  id: string;
  username: string;
  /** First and last name. */
  name: string;
}

/** The auth service that the message service is tested with, where its laid-out place is. */
export interface TestAuth extends AsyncDisposable {
  /** @param name first and last name */
  newUser: (name?: string) => Promise<RpcUser>;
  rename: (user: RpcUser, firstName: string) => Promise<void>;
  accessToken: (user: RpcUser) => Promise<string>;
  wsToken: (user: RpcUser) => Promise<string>;
  /** Signs the user out. */
  endSession: (user: RpcUser) => Promise<void>;
  /** Nobody can reach it, until it is back on the same port. */
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

/** The real one. */
export async function startTestAuth(bed: Testbed): Promise<TestAuth> {
  let service = await bed.startAuth();
  const transport = createConnectTransport({ baseUrl: service.rpcUrl, httpVersion: "1.1" });
  const client = createClient(AuthService, transport);
  const tokens = new Map<string, string>();
  const accessToken = async ({ id }: RpcUser) => tokens.get(id) ?? "";
  const as = async (user: RpcUser) => ({
    headers: { authorization: `Bearer ${await accessToken(user)}` },
  });
  const stop = async () => {
    await service[Symbol.asyncDispose]();
  };
  return {
    async newUser(name = "Ada Lovelace") {
      const answer = await client.register(newRegistration(...name.split(" ")));
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
    stop,
    async start() {
      service = await bed.startAuth();
    },
    [Symbol.asyncDispose]: stop,
  };
}
