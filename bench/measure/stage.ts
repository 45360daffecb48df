import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { layOut } from "#tools/rig/layout.ts";
import { mainOf } from "#tools/rig/processes.ts";
import { createService, type Service } from "#tools/rig/service.ts";
import { type StandInAuth, startStandInAuth } from "#tools/rig/stand-in-auth.ts";
import type { RpcUser } from "#tools/rig/test-auth.ts";

/** PostgreSQL with its usual durability: in a process group of its own, its data on disk. */
export interface Database extends AsyncDisposable {
  url: string;
  /** Its version and what it does at a commit, for people. */
  about: string;
}

/** `BENCH_DATABASE_URL` names a server to use; without it the embedded one is started. */
export async function openDatabase(): Promise<Database> {
  const stack = new AsyncDisposableStack();
  let server = process.env.BENCH_DATABASE_URL;
  if (!server) {
    const dataDir = await mkdtemp(join(tmpdir(), "aetherconnect-bench-"));
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    server = stack.use(await startEmbeddedPostgres({ dataDir, port: 0 })).url;
  }
  const { url, query } = stack.use(await createTestDatabase(server));
  const [row] = await query(
    `select current_setting('server_version') as version,
      current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  );
  const about = `PostgreSQL ${row?.version}, fsync=${row?.fsync}, synchronous_commit=${row?.commit}`;
  return { url, about, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The message service as production runs it, on a database and an auth service of its own. */
export interface BenchStage extends AsyncDisposable {
  database: Database;
  /** One for each instance. */
  instances: Service[];
  newUsers: (count: number) => Promise<RpcUser[]>;
  /** A token for sockets. */
  wsToken: (user: RpcUser) => Promise<string>;
  /** The ids of new public rooms. */
  newRooms: (count: number, creator: RpcUser) => Promise<string[]>;
  startInstance: () => Promise<Service>;
}

/** The auth service is a stand-in in this process: nothing of it is measured. */
export async function setBenchStage(env: Record<string, string> = {}): Promise<BenchStage> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase());
  const layout = await layOut({ databaseUrl: database.url });
  const auth: StandInAuth = stack.use(await startStandInAuth({ layout }));
  const startInstance = async () => {
    const service = createService({
      name: "message",
      entry: mainOf("message"),
      isMeasured: true,
      env: {
        ...layout.messages[0].env,
        LOG_LEVEL: "warn",
        MESSAGE_SERVICE_HTTP_PORT: "0",
        MESSAGE_SERVICE_GRPC_PORT: "0",
        ...env,
      },
    });
    stack.use(service);
    await service.start();
    return service;
  };
  const first = await startInstance();
  return {
    database,
    instances: [first],
    startInstance,
    newUsers: (count) => Promise.all(Array.from({ length: count }, () => auth.newUser())),
    wsToken: (user) => auth.wsToken(user),
    async newRooms(count, creator) {
      const authorization = `Bearer ${await auth.accessToken(creator)}`;
      const baseUrl = first.urls[1] ?? "";
      const transport = createConnectTransport({ baseUrl, httpVersion: "1.1" });
      const rooms = createClient(RoomService, transport);
      const request = { name: "Bench", roomType: RoomType.PUBLIC };
      const made = Array.from({ length: count }, () =>
        rooms.createRoom(request, { headers: { authorization } }),
      );
      return (await Promise.all(made)).map(({ room }) => room?.id ?? "");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
