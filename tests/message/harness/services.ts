import assert from "node:assert/strict";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { ManagerOptions, SocketOptions } from "socket.io-client";
import { fromConnectError } from "#common/rpc/errors.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageConfig } from "#message/config.ts";
import type { MessageOverrides } from "#message/context.ts";
import type { RunningMessage } from "#message/service.ts";
import type { TestDatabase } from "#tools/rig/database.ts";
import { newSocket, next, type TestSocket } from "#tools/rig/sockets.ts";
import { type StandInAuth, startStandInAuth } from "#tools/rig/stand-in-auth.ts";
import { startTestAuth, type TestAuth, type RpcUser as TestUser } from "#tools/rig/test-auth.ts";
import { freePorts, openTestbed, type Testbed } from "#tools/rig/testbed.ts";

export type { TestSocket, TestUser };
export { next };

/** The message service and the auth service, on a database of their own. */
export interface Services<A extends TestAuth = TestAuth> extends AsyncDisposable {
  database: TestDatabase;
  auth: A;
  message: RunningMessage;
  serviceSecret: string;
  /** A user's RPC clients. */
  rpc: (user: TestUser, url?: string) => UserRpc;
  /** A further instance on the same database. */
  startAnother: (
    config?: Partial<MessageConfig>,
    overrides?: MessageOverrides,
  ) => Promise<RunningMessage>;
  /** An unmodified client's socket, signed in. */
  connect: (user: TestUser, options?: ConnectOptions) => Promise<TestSocket>;
  /** The id of a new room with these members; the first is the creator. */
  newRoom: (members: TestUser[], roomType?: RoomType) => Promise<string>;
}

export interface UserRpc {
  rooms: Client<typeof RoomService>;
  messages: Client<typeof MessageService>;
  blocks: Client<typeof BlockService>;
}

export type ConnectOptions = Partial<ManagerOptions & SocketOptions> & { url?: string };

export function startServices(
  partial: Partial<MessageConfig> = {},
  overrides: MessageOverrides = {},
): Promise<Services> {
  return startServicesOn(startTestAuth, partial, overrides);
}

/** With an auth service that can be made to do what the real one does only after a long time. */
export function startServicesWithStandIn(
  partial: Partial<MessageConfig> = {},
): Promise<Services<StandInAuth>> {
  return startServicesOn(startStandInAuth, partial, {});
}

async function startServicesOn<A extends TestAuth>(
  startAuth: (bed: Testbed) => Promise<A>,
  partial: Partial<MessageConfig>,
  overrides: MessageOverrides,
): Promise<Services<A>> {
  const stack = new AsyncDisposableStack();
  const bed = stack.use(await openTestbed());
  const auth = stack.use(await startAuth(bed));
  const message = stack.use(await bed.startMessage(partial, overrides));
  const sockets = new Set<TestSocket>();
  stack.defer(() => {
    for (const socket of sockets) socket.disconnect();
  });

  const rpc = (user: TestUser, url = message.rpcUrl): UserRpc => {
    const transport = createConnectTransport({
      baseUrl: url,
      httpVersion: "1.1",
      interceptors: [
        (call) => async (req) => {
          req.header.set("authorization", `Bearer ${await auth.accessToken(user)}`);
          return call(req);
        },
      ],
    });
    return {
      rooms: createClient(RoomService, transport),
      messages: createClient(MessageService, transport),
      blocks: createClient(BlockService, transport),
    };
  };

  return {
    database: bed.database,
    auth,
    message,
    serviceSecret: bed.layout.serviceSecret,
    rpc,
    startAnother: async (more, others) =>
      stack.use(await bed.startMessage({ ...partial, ...freePorts, ...more }, others)),
    async connect(user, { url = message.httpUrl, ...options } = {}) {
      const socket = newSocket(url, await auth.wsToken(user), options);
      sockets.add(socket);
      const connected = next(socket, "connected");
      socket.connect();
      await connected;
      return socket;
    },
    async newRoom([creator, ...others], roomType = RoomType.PUBLIC) {
      assert.ok(creator);
      const { room } = await rpc(creator).rooms.createRoom({ name: "Room", roomType });
      assert.ok(room);
      for (const member of others) {
        if (roomType === RoomType.PUBLIC) await rpc(member).rooms.joinRoom({ roomId: room.id });
        else await rpc(creator).rooms.addMember({ roomId: room.id, userId: member.id });
      }
      return room.id;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The code of the failure of a call. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => fromConnectError(error),
  );
  assert.ok(outcome, "the call should fail");
  return outcome.code;
}

/** Collects the messages that a socket gets, and waits for a number. */
export function collect(socket: TestSocket): {
  seqs: number[];
  until: (seq: number) => Promise<void>;
} {
  const seqs: number[] = [];
  let waiting: { seq: number; resolve: () => void } | undefined;
  socket.on("new_message", ({ seq }) => {
    seqs.push(seq);
    if (waiting && seq >= waiting.seq) waiting.resolve();
  });
  return {
    seqs,
    until: (seq) =>
      new Promise((resolve, reject) => {
        if ((seqs.at(-1) ?? 0) >= seq) return resolve();
        const timer = setTimeout(() => reject(new Error(`no message ${seq} within 8 s`)), 8_000);
        waiting = {
          seq,
          resolve() {
            clearTimeout(timer);
            resolve();
          },
        };
      }),
  };
}

/** first, first + 1 … last */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => first + i);
}
