import { type DescService, isMessage, type Message } from "@bufbuild/protobuf";
import type { Interceptor, Transport } from "@connectrpc/connect";
import {
  AuthService,
  ChangePasswordResponseSchema,
  EndSessionByRefreshTokenResponseSchema,
  EndSessionResponseSchema,
  LogoutAllResponseSchema,
  LogoutResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
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

/** Hears of sessions that end by calls through this gateway, before the feed brings them. */
export function noteEndedSessions(markEnded: (sessionIds: readonly string[]) => void): Interceptor {
  return (next) => async (req) => {
    const res = await next(req);
    if (!res.stream) markEnded(endedSessionsOf(res.message));
    return res;
  };
}

function endedSessionsOf(message: Message): readonly string[] {
  for (const schema of schemas) {
    if (isMessage(message, schema)) return message.endedSessionIds;
  }
  return [];
}

const schemas = [
  LogoutResponseSchema,
  LogoutAllResponseSchema,
  ChangePasswordResponseSchema,
  EndSessionResponseSchema,
  EndSessionByRefreshTokenResponseSchema,
] as const;
