import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { layOut } from "#tools/rig/layout.ts";
import { mainOf } from "#tools/rig/processes.ts";
import { createService, type Service } from "#tools/rig/service.ts";
import { type StandInAuth, startStandInAuth } from "#tools/rig/stand-in-auth.ts";
import type { RpcUser } from "#tools/rig/test-auth.ts";
import { type Database, openDatabase } from "./database.ts";

/** The message service as production runs it, on a database and an auth service of its own. */
export interface MessageService extends AsyncDisposable {
  database: Database;
  /** One for each instance. */
  instances: Service[];
  newUsers: (count: number) => Promise<RpcUser[]>;
  accessToken: (user: RpcUser) => Promise<string>;
  /** A token for sockets. */
  wsToken: (user: RpcUser) => Promise<string>;
  /** The ids of new public rooms. */
  newRooms: (count: number, creator: RpcUser) => Promise<string[]>;
  startInstance: () => Promise<Service>;
}

/** The auth service is a stand-in in this process: nothing of it is measured. */
export async function startMessageService(
  env: Record<string, string> = {},
): Promise<MessageService> {
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
    accessToken: (user) => auth.accessToken(user),
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
