import type { Client } from "@connectrpc/connect";
import type { Operations } from "#common/http/operations.ts";
import type { OriginRule } from "#common/http/origin.ts";
import type { Counters } from "#common/limits.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import type { RevocationFeed } from "#common/sessions/revocation-feed.ts";
import type { SessionGuard } from "#common/sessions/session-guard.ts";
import type { ServiceTokens } from "#common/tokens/service-token.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Tracing } from "#rpc";
import type { Blocks } from "./blocks/blocks.ts";
import type { MessageConfig } from "./config.ts";
import type { Users } from "./members/users.ts";
import type { Delivery } from "./realtime/delivery.ts";
import type { Memberships } from "./realtime/memberships.ts";
import type { Mentions } from "./realtime/mentions.ts";
import type { Presence, PresenceTimes } from "./realtime/presence.ts";
import type { Reads } from "./realtime/reads.ts";
import type { RoomMessages } from "./realtime/room-messages.ts";
import type { RoomNotices } from "./realtime/room-notices.ts";
import type { RoomWatch } from "./realtime/room-watch.ts";
import type { Typing } from "./realtime/typing.ts";
import type { ChatServer } from "./socket/chat-server.ts";
import type { MessageStore } from "./store/store.ts";

/** Everything that the message service's parts use; each asks for the few that it needs. */
export interface MessageContext {
  config: MessageConfig;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing | undefined;
  store: MessageStore;
  auth: Client<typeof AuthService>;
  serviceTokens: ServiceTokens;
  feed: RevocationFeed;
  guard: SessionGuard;
  users: Users;
  originRule: OriginRule;
  io: ChatServer;
  delivery: Delivery;
  messages: RoomMessages;
  memberships: Memberships;
  blocks: Blocks;
  typing: Typing;
  reads: Reads;
  mentions: Mentions;
  watch: RoomWatch;
  notices: RoomNotices;
  presence: Presence;
  operations: Operations;
  counters: Counters;
  /** Whether instances can notify each other, by Redis. */
  isHinted: () => boolean;
}

/** What tests may put in the place of what the wiring makes. */
export interface MessageOverrides {
  log?: Logger;
  store?: MessageStore;
  presenceTimes?: Partial<PresenceTimes>;
}
