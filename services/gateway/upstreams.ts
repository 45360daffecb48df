import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { CallRaw, RpcClient } from "#rpc";

/** A service of the contract that the gateway serves by REST, and how it is called. */
export interface Upstream {
  service: DescService;
  callRaw: CallRaw;
}

/** The services behind the gateway. A new method of theirs needs nothing here. */
export function upstreamsOf(auth: CallRaw, message: CallRaw): Upstream[] {
  return [
    { service: AuthService, callRaw: auth },
    { service: RoomService, callRaw: message },
    { service: MessageService, callRaw: message },
    { service: BlockService, callRaw: message },
  ];
}

/**
 * Calls one of several instances of a service, each after the other. An instance that isn't there
 * is passed over; a call that may have reached one is never repeated.
 */
export function roundRobin(
  clients: readonly RpcClient[],
): <T>(call: (client: RpcClient) => Promise<T>) => Promise<T> {
  let calls = 0;
  return async (call) => {
    for (let left = clients.length; ; left--) {
      const client = clients[calls++ % clients.length];
      if (!client) throw new Error("no instance to call");
      try {
        return await call(client);
      } catch (error) {
        if (left <= 1 || !isAbsent(error)) throw error;
      }
    }
  };
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
