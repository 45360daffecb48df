import { randomUUID } from "node:crypto";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { requireUser } from "#common/rpc/caller.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { createTokenVerifier, issuer, tokenKinds } from "#common/tokens/user-token.ts";
import { AppError } from "#contract/errors.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { implement } from "#rpc";
import type { RpcUser, TestAuth } from "./test-auth.ts";
import type { Testbed } from "./testbed.ts";

/** An auth service that can be made to do what the real one does only after a long time. */
export interface StandInAuth extends TestAuth {
  wsToken: (user: RpcUser, lifetimeSeconds?: number) => Promise<string>;
  /** Tells those who watch that they missed more than is kept. */
  resetFeed: () => void;
}

type StandInUser = RpcUser & { sessionId: string };

interface FeedEvent {
  endedSessionId?: string;
  changedUserId?: string;
  isReset?: boolean;
  at: Date;
}

const heartbeatMs = 200;

/** Listens where the layout has the auth service. */
export async function startStandInAuth({ layout }: Pick<Testbed, "layout">): Promise<StandInAuth> {
  const kid = randomUUID();
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { kty = "", crv = "", x = "" } = await exportJWK(publicKey);
  const users = new Map<string, StandInUser>();
  const ended = new Set<string>();
  const events: FeedEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let lastId = 0;

  const add = (event: Omit<FeedEvent, "at">) => {
    events.push({ ...event, at: new Date() });
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const get = ({ id }: RpcUser) => {
    const user = users.get(id);
    if (!user) throw new Error("not a user of this auth service");
    return user;
  };
  const sign = (kind: keyof typeof tokenKinds, user: StandInUser, seconds: number) => {
    const { typ, audience } = tokenKinds[kind];
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sid: user.sessionId })
      .setProtectedHeader({ alg: "EdDSA", typ, kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(user.id)
      .setJti(randomUUID())
      .setIssuedAt(Math.min(now, now + seconds))
      .setExpirationTime(now + seconds)
      .sign(privateKey);
  };
  const summaryOf = ({ id, username, name }: StandInUser) => ({ id, username, name });
  const notHere = () => {
    throw new AppError("INTERNAL");
  };
  const verify = createTokenVerifier("access", async () => publicKey);
  const serviceTokens = createServiceTokens("auth", [layout.serviceSecret]);

  const implementation = implement(AuthService, {
    register: notHere,
    login: notHere,
    refreshSession: notHere,
    logout: notHere,
    logoutAll: notHere,
    changePassword: notHere,
    issueWsToken: notHere,
    getProfile: notHere,
    updateProfile: notHere,
    listSessions: notHere,
    endSession: notHere,
    endSessionByRefreshToken: notHere,
    rotateSigningKeys: notHere,
    listUsers: notHere,
    findUser({ username }, call) {
      requireUser(call);
      const user = [...users.values()].find((it) => it.username === username);
      if (!user) throw new AppError("USER_NOT_FOUND");
      return { user: summaryOf(user) };
    },
    getSigningKeys: () => ({ keys: [{ kid, kty, crv, x }] }),
    checkSession: ({ sessionId }) => ({ active: !ended.has(sessionId) }),
    getUsers: ({ userIds }) => ({
      users: userIds.flatMap((id) => users.get(id) ?? []).map(summaryOf),
    }),
    async *watchRevocations({ cursor }, { signal }) {
      let position = Number(cursor ?? 0);
      while (!signal.aborted) {
        const woken = wake.promise;
        const fresh = events.slice(position);
        position = events.length;
        yield {
          cursor: String(position),
          reset: fresh.some((it) => it.isReset),
          caughtUp: true,
          changedUserIds: fresh.flatMap((it) => it.changedUserId ?? []),
          renamedUserIds: fresh.flatMap((it) => it.changedUserId ?? []),
          endedSessions: fresh.flatMap(({ endedSessionId, at }) =>
            endedSessionId ? [{ sessionId: endedSessionId, endedAt: timestampFromDate(at) }] : [],
          ),
        };
        const beat = new Promise((resolve) => setTimeout(resolve, heartbeatMs));
        await Promise.race([woken, beat]);
      }
    },
  });

  const listen = () =>
    startRpcServer({
      port: Number(new URL(layout.auth.rpcUrl).port),
      host: "127.0.0.1",
      portSetting: "AUTH_SERVICE_GRPC_PORT",
      implementations: [implementation],
      authenticator: {
        user: async (token) => ({ kind: "user", ...(await verify(token)) }),
        async service(token) {
          const name = await serviceTokens.verify(token);
          return name === undefined ? undefined : { kind: "service", name };
        },
      },
      isReady: async () => true,
      hasReflection: false,
      log: createLogger("auth", "silent"),
      metrics: createMetrics("auth"),
    });
  let server = await listen();

  return {
    async newUser(name = "Ada Lovelace") {
      const id = String(++lastId);
      const user = { id, username: `user_${id}`, name, sessionId: randomUUID() };
      users.set(id, user);
      return user;
    },
    async rename(user, firstName) {
      const [, lastName = ""] = user.name.split(" ");
      users.set(user.id, { ...get(user), name: `${firstName} ${lastName}` });
      add({ changedUserId: user.id });
    },
    accessToken: (user) => sign("access", get(user), 600),
    wsToken: (user, lifetimeSeconds = 60) => sign("ws", get(user), lifetimeSeconds),
    async endSession(user) {
      const { sessionId } = get(user);
      ended.add(sessionId);
      add({ endedSessionId: sessionId });
    },
    resetFeed: () => add({ isReset: true }),
    stop: () => server.close(),
    async start() {
      server = await listen();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
