import type { JsonObject } from "@bufbuild/protobuf";
import { type DefaultEventsMap, Server, type Socket } from "socket.io";
import { budgets } from "#common/budgets.ts";
import type { OriginRule } from "#common/http/origin.ts";
import type { AppError } from "#contract/errors.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import { encodeWrittenJson } from "./engine/written-json.ts";
import { connectionLimits } from "./limits.ts";

/** What is sent has been written from the contract's messages: see emit.ts. */
interface Outgoing {
  [event: string]: (payload: JsonObject) => void;
}

/** A kind of numbered logs that instances follow, or of what they have to read anew. */
export type Stream =
  | "messages"
  | "changes"
  | "memberships"
  | "reads"
  | "mentions"
  | "blocks"
  | "presence";

/** The last numbers of keys of one stream. */
type HintedNumbers = [key: string, number: number][];

/** What a socket does in a room. */
export interface TypingNotice {
  roomId: string;
  userId: string;
  username: string;
  socketId: string;
  isTyping: boolean;
  /** Users who are not to know. */
  hiddenFrom: readonly string[];
}

/** Up to where somebody has read a room. */
export interface ShownMark {
  userId: string;
  seq: number;
  /** Users who are not to know. */
  hiddenFrom: readonly string[];
}

/** Between instances: see the files of realtime/ that are named so. */
interface BetweenInstances {
  hints: (stream: Stream, numbers: HintedNumbers) => void;
  typing: (notice: TypingNotice) => void;
  receipts: (roomId: string, shown: ShownMark[]) => void;
  roomChanged: (roomId: string) => void;
}

/** Who a socket is, or why it may not be. */
export type Judgement =
  | { isAdmitted: true; user: UserSummary; sessionId: string; expiresAt: number }
  | { isAdmitted: false; error: AppError };

/** A mutex of one socket and room: see events/room-mutex.ts. */
export interface RoomLock {
  /** Who holds it and who waits. */
  count: number;
  /** Resolves when the last of them has released it. */
  end: Promise<void>;
}

/** What is known of a socket. */
export interface SocketData {
  judgement: Judgement;
  /** Rooms that it has joined, and the change of the user's memberships that each join rests on. */
  joined: Map<string, number>;
  /** The client has said that its window is hidden. */
  isAway: boolean;
  /** Joins and leaves under way, by room. */
  locks: Map<string, RoomLock> | undefined;
}

export type ChatServer = Server<DefaultEventsMap, Outgoing, BetweenInstances, SocketData>;
export type ChatSocket = Socket<DefaultEventsMap, Outgoing, BetweenInstances, SocketData>;
export type Connection = ChatSocket["conn"];

/** A Socket.IO server that listens to nothing yet. */
export function createChatServer(originRule: OriginRule): ChatServer {
  const io: ChatServer = new Server({
    serveClient: false,
    pingInterval: budgets.http.socketPing,
    pingTimeout: budgets.http.socketPong,
    connectTimeout: connectionLimits.handshakeMs,
    maxHttpBufferSize: connectionLimits.frameBytes,
    perMessageDeflate: false,
    httpCompression: false,
    cors: {
      origin: (origin, answer) => answer(null, originRule(origin === undefined ? {} : { origin })),
      credentials: true,
    },
  });
  encodeWrittenJson(io);
  return io;
}

/** Names of Socket.IO rooms; 20 characters would be taken for a socket's id by the adapter. */
export const roomName = (roomId: string) => `room:${roomId}`;
export const roomIdOf = (name: string) => /^room:(.+)$/.exec(name)?.[1];
export const userRoomName = (userId: string) => `user:${userId}`.padEnd(21, ":");
export const sessionRoomName = (sessionId: string) => `session:${sessionId}`.padEnd(21, ":");

/** The sockets of this instance in a Socket.IO room, in the order in which they came. */
export function socketsIn({ sockets }: ChatServer, name: string): ChatSocket[] {
  const found: ChatSocket[] = [];
  for (const id of sockets.adapter.rooms.get(name) ?? []) {
    const socket = sockets.sockets.get(id);
    if (socket) found.push(socket);
  }
  return found;
}
