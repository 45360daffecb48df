import type { DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";

/** A service of the contract that the gateway serves by REST, and where it is called. */
export interface Upstream {
  service: DescService;
  transport: Transport;
}

/** The services behind the gateway. A new method of theirs needs nothing here. */
export function upstreamsOf(auth: Transport, message: Transport): Upstream[] {
  return [
    { service: AuthService, transport: auth },
    { service: RoomService, transport: message },
    { service: MessageService, transport: message },
  ];
}

/**
 * Marks sessions that end by calls through this gateway, before the feed brings them: every
 * response that has `ended_session_ids` says which they are.
 */
export function noteEndedSessions(markEnded: (sessionIds: readonly string[]) => void): Interceptor {
  return (next) => async (req) => {
    const res = await next(req);
    if (!res.stream) markEnded(endedSessionsOf(res.method, res.message));
    return res;
  };
}

function endedSessionsOf({ output }: DescMethodUnary, message: Message): readonly string[] {
  const field = output.fields.find((it) => it.name === "ended_session_ids");
  if (field?.fieldKind !== "list") return [];
  const ids: Iterable<unknown> = reflect(output, message).get(field);
  return [...ids].filter((id) => typeof id === "string");
}

/**
 * One transport over several instances of a service, each called after the other. An instance
 * that isn't there is passed over; a call that may have reached one is never repeated.
 */
export function roundRobin(transports: readonly Transport[]): Transport {
  let calls = 0;
  const next = () => {
    const transport = transports[calls++ % transports.length];
    if (!transport) throw new Error("no instance to call");
    return transport;
  };
  return {
    async unary(...args) {
      for (let left = transports.length; ; left--) {
        try {
          return await next().unary(...args);
        } catch (error) {
          if (left <= 1 || !isAbsent(error)) throw error;
        }
      }
    },
    stream: (...args) => next().stream(...args),
  };
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
