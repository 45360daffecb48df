import type { Message } from "./aetherconnect/message/v1/message_pb.ts";
import { MessageSchema, MessageService, SendMessageRequestSchema, SendMessageResponseSchema } from "./aetherconnect/message/v1/message_pb.ts";
import type { Connected, Error, RoomAdded, RoomRemoved, TypingStarted, TypingStopped } from "./aetherconnect/realtime/v1/realtime_pb.ts";
import { ConnectedSchema, ErrorSchema, JoinRoomAckSchema, JoinRoomSchema, LeaveRoomAckSchema, LeaveRoomSchema, RoomAddedSchema, RoomRemovedSchema, TypingStartAckSchema, TypingStartedSchema, TypingStartSchema, TypingStopAckSchema, TypingStoppedSchema, TypingStopSchema } from "./aetherconnect/realtime/v1/realtime_pb.ts";

/** Why something failed, as it stands on the wire. */
export type ErrorCode = "VALIDATION_FAILED" | "USER_EXISTS" | "PROFILE_UPDATE_FAILED" | "AMBIGUOUS_CREDENTIALS" | "INVALID_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "INVALID_REFRESH_TOKEN" | "TOKEN_REUSED" | "REFRESH_RACE" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "NOT_FOUND" | "ROOM_NOT_FOUND" | "USER_NOT_FOUND" | "SESSION_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "FLOOD" | "TOO_MANY_SOCKETS" | "SLOW_CONSUMER";

/** The acknowledgement of an event that failed. */
export interface AckFailure<C extends ErrorCode = ErrorCode> {
  success: false;
  code: C;
  message: string;
  details?: { path: string; message: string }[];
}

/** The acknowledgement of an event. */
export type Ack<T, C extends ErrorCode = ErrorCode> = ({ success: true } & T) | AckFailure<C>;

/**
 * A message to send. A socket has to have joined the room.
 *
 * @generated from message aetherconnect.message.v1.SendMessageRequest
 */
export interface SendMessageRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * 1 to 4,000 code points, not blank only.
   *
   * @generated from field: string content = 2;
   */
  content: string;
  /**
   * 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; unique per user and room for ever.
   *
   * @generated from field: optional string client_message_id = 3;
   */
  clientMessageId?: string | null;
  /**
   * Text if nothing is said.
   *
   * @generated from field: aetherconnect.message.v1.MessageType message_type = 4;
   */
  messageType?: "text" | "image" | "file" | null;
  /**
   * The sender's own data.
   *
   * @generated from field: optional google.protobuf.Struct metadata = 5;
   */
  metadata?: Record<string, unknown> | null;
}

/**
 * Subscribes the socket to a room, from a seq on. Joining a public room makes
 * one a member.
 *
 * @generated from message aetherconnect.realtime.v1.JoinRoom
 */
export interface JoinRoomIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The last seq that the client has; absent: the newest 50 are answered.
   *
   * @generated from field: optional uint32 after_seq = 2;
   */
  afterSeq?: number | null;
}

/**
 * Ends the delivery of a room to this socket; the membership stays.
 *
 * @generated from message aetherconnect.realtime.v1.LeaveRoom
 */
export interface LeaveRoomIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * The user types; said again every 3 s while it lasts. It ends with typing_stop,
 * with a message, when the socket leaves the room or closes, and after 6 s of
 * silence: the others are then notified by typing_stop.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStart
 */
export interface TypingStartIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * The user has stopped typing.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStop
 */
export interface TypingStopIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * A message of a room. Sockets that have joined get it in the order of seq, the
 * sender's too.
 *
 * @generated from message aetherconnect.message.v1.Message
 */
export interface MessageOut {
  /**
   * 24 hex digits.
   *
   * @generated from field: string id = 1;
   */
  id: string;
  /**
   * The sender.
   *
   * @generated from field: string user_id = 2;
   */
  userId: string;
  /**
   * The sender's first and last name at the time of sending.
   *
   * @generated from field: string username = 3;
   */
  username: string;
  /**
   * The room.
   *
   * @generated from field: string room_id = 4;
   */
  roomId: string;
  /**
   * The text, as it was sent.
   *
   * @generated from field: string content = 5;
   */
  content: string;
  /**
   * What it is.
   *
   * @generated from field: aetherconnect.message.v1.MessageType message_type = 6;
   */
  messageType: "text" | "image" | "file" | "system";
  /**
   * The sender's own data.
   *
   * @generated from field: optional google.protobuf.Struct metadata = 7;
   */
  metadata: Record<string, unknown> | null;
  /**
   * When it was stored.
   *
   * @generated from field: google.protobuf.Timestamp created_at = 8;
   */
  createdAt: string;
  /**
   * When it last changed.
   *
   * @generated from field: google.protobuf.Timestamp updated_at = 9;
   */
  updatedAt: string;
  /**
   * 1, 2, 3 … within the room, without gaps.
   *
   * @generated from field: uint32 seq = 10;
   */
  seq: number;
  /**
   * The id that the sender's client gave it.
   *
   * @generated from field: optional string client_message_id = 11;
   */
  clientMessageId: string | null;
}

/**
 * The socket is signed in.
 *
 * @generated from message aetherconnect.realtime.v1.Connected
 */
export interface ConnectedOut {
  /**
   * The user.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
  /**
   * Username.
   *
   * @generated from field: string username = 2;
   */
  username: string;
  /**
   * First and last name.
   *
   * @generated from field: string name = 3;
   */
  name: string;
  /**
   * The session that the WebSocket token is bound to.
   *
   * @generated from field: string session_id = 4;
   */
  sessionId: string;
  /**
   * The server's clock.
   *
   * @generated from field: google.protobuf.Timestamp server_time = 5;
   */
  serverTime: string;
}

/**
 * Something failed. For a bad token it is the first and only event.
 *
 * @generated from message aetherconnect.realtime.v1.Error
 */
export interface ErrorOut {
  /**
   * The reason, such as "NOT_IN_ROOM".
   *
   * @generated from field: string code = 1;
   */
  code: string;
  /**
   * The reason in words.
   *
   * @generated from field: string message = 2;
   */
  message: string;
  /**
   * The event that failed.
   *
   * @generated from field: optional string event = 3;
   */
  event?: string;
  /**
   * The room that it was about.
   *
   * @generated from field: optional string room_id = 4;
   */
  roomId?: string;
  /**
   * On failed validation, each broken rule.
   *
   * @generated from field: repeated aetherconnect.error.v1.Violation details = 5;
   */
  details?: ViolationOut[];
}

/**
 * One broken rule.
 *
 * @generated from message aetherconnect.error.v1.Violation
 */
export interface ViolationOut {
  /**
   * Where, in the names of the JSON form: "email", "metadata.a.b".
   *
   * @generated from field: string path = 1;
   */
  path: string;
  /**
   * What is wrong, in words for the caller.
   *
   * @generated from field: string message = 2;
   */
  message: string;
}

/**
 * Somebody else in the room types; repeated while it lasts.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStarted
 */
export interface TypingStartedOut {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Who types.
   *
   * @generated from field: string user_id = 2;
   */
  userId: string;
  /**
   * First and last name of who types.
   *
   * @generated from field: string username = 3;
   */
  username: string;
}

/**
 * Somebody else in the room types no more, on none of their sockets.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStopped
 */
export interface TypingStoppedOut {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Who has stopped.
   *
   * @generated from field: string user_id = 2;
   */
  userId: string;
  /**
   * First and last name of who has stopped.
   *
   * @generated from field: string username = 3;
   */
  username: string;
}

/**
 * The user has become a member of a room, by somebody else or elsewhere.
 *
 * @generated from message aetherconnect.realtime.v1.RoomAdded
 */
export interface RoomAddedOut {
  /**
   * The room.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: RoomOut;
}

/**
 * A room.
 *
 * @generated from message aetherconnect.message.v1.Room
 */
export interface RoomOut {
  /**
   * 24 hex digits.
   *
   * @generated from field: string id = 1;
   */
  id: string;
  /**
   * Name, not unique.
   *
   * @generated from field: string name = 2;
   */
  name: string;
  /**
   * What it is for.
   *
   * @generated from field: optional string description = 3;
   */
  description: string | null;
  /**
   * Who may find and join it.
   *
   * @generated from field: aetherconnect.message.v1.RoomType room_type = 4;
   */
  roomType: "public" | "private";
  /**
   * Id of the user who manages it, or "system".
   *
   * @generated from field: string created_by = 5;
   */
  createdBy: string;
  /**
   * Ids of the first 100 members.
   *
   * @generated from field: repeated string members = 6;
   */
  members: string[];
  /**
   * When it was created.
   *
   * @generated from field: google.protobuf.Timestamp created_at = 7;
   */
  createdAt: string;
  /**
   * When it last changed.
   *
   * @generated from field: google.protobuf.Timestamp updated_at = 8;
   */
  updatedAt: string;
  /**
   * Members in all.
   *
   * @generated from field: uint32 member_count = 9;
   */
  memberCount: number;
  /**
   * The seq of its newest message; zero if there is none.
   *
   * @generated from field: uint32 last_seq = 10;
   */
  lastSeq: number;
}

/**
 * The user is no longer a member of a room.
 *
 * @generated from message aetherconnect.realtime.v1.RoomRemoved
 */
export interface RoomRemovedOut {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * The message as it is stored.
 *
 * @generated from message aetherconnect.message.v1.SendMessageResponse
 */
export interface SendMessageResponseOut {
  /**
   * The message.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: MessageOut;
  /**
   * Whether it had been sent before.
   *
   * @generated from field: optional bool duplicate = 2;
   */
  duplicate?: boolean;
}

/**
 * The room and what was missed.
 *
 * @generated from message aetherconnect.realtime.v1.JoinRoomAck
 */
export interface JoinRoomAckOut {
  /**
   * The room.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: RoomOut;
  /**
   * Oldest first.
   *
   * @generated from field: repeated aetherconnect.message.v1.Message messages = 2;
   */
  messages: MessageOut[];
  /**
   * Without after_seq: older ones exist. With it: not joined yet, ask again
   * with the last seq.
   *
   * @generated from field: bool has_more = 3;
   */
  hasMore: boolean;
  /**
   * after_seq was beyond the room's end; messages are the newest 50.
   *
   * @generated from field: optional bool reset = 4;
   */
  reset?: boolean;
}

/**
 * Delivery has ended.
 *
 * @generated from message aetherconnect.realtime.v1.LeaveRoomAck
 */
export type LeaveRoomAckOut = Record<never, never>;

/**
 * The others have been notified.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStartAck
 */
export type TypingStartAckOut = Record<never, never>;

/**
 * The others have been notified.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStopAck
 */
export type TypingStopAckOut = Record<never, never>;

/** Why send_message can fail. */
export type SendMessageRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why join_room can fail. */
export type JoinRoomFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why leave_room can fail. */
export type LeaveRoomFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why typing_start can fail. */
export type TypingStartFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why typing_stop can fail. */
export type TypingStopFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Events that clients send. */
export interface ClientToServerEvents {
  send_message: (payload: SendMessageRequestIn, ack: (answer: Ack<SendMessageResponseOut, SendMessageRequestFailure>) => void) => void;
  join_room: (payload: JoinRoomIn, ack: (answer: Ack<JoinRoomAckOut, JoinRoomFailure>) => void) => void;
  leave_room: (payload: LeaveRoomIn, ack?: (answer: Ack<LeaveRoomAckOut, LeaveRoomFailure>) => void) => void;
  typing_start: (payload: TypingStartIn, ack?: (answer: Ack<TypingStartAckOut, TypingStartFailure>) => void) => void;
  typing_stop: (payload: TypingStopIn, ack?: (answer: Ack<TypingStopAckOut, TypingStopFailure>) => void) => void;
}

/** Events that clients get. */
export interface ServerToClientEvents {
  new_message: (payload: MessageOut) => void;
  connected: (payload: ConnectedOut) => void;
  error: (payload: ErrorOut) => void;
  typing_start: (payload: TypingStartedOut) => void;
  typing_stop: (payload: TypingStoppedOut) => void;
  room_added: (payload: RoomAddedOut) => void;
  room_removed: (payload: RoomRemovedOut) => void;
}

/** What clients send: descriptors, the method that serves it, and its rules. */
export const clientEvents = {
  send_message: {
    payload: SendMessageRequestSchema,
    ack: SendMessageResponseSchema,
    method: MessageService.method.sendMessage,
    mustJoin: true,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  join_room: {
    payload: JoinRoomSchema,
    ack: JoinRoomAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  leave_room: {
    payload: LeaveRoomSchema,
    ack: LeaveRoomAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  typing_start: {
    payload: TypingStartSchema,
    ack: TypingStartAckSchema,
    mustJoin: true,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  typing_stop: {
    payload: TypingStopSchema,
    ack: TypingStopAckSchema,
    mustJoin: true,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
} as const;

/** The descriptors of what clients get. */
export const serverEvents = {
  new_message: MessageSchema,
  connected: ConnectedSchema,
  error: ErrorSchema,
  typing_start: TypingStartedSchema,
  typing_stop: TypingStoppedSchema,
  room_added: RoomAddedSchema,
  room_removed: RoomRemovedSchema,
} as const;

/** What a server emits. */
export interface ServerEventMessages {
  new_message: Message;
  connected: Connected;
  error: Error;
  typing_start: TypingStarted;
  typing_stop: TypingStopped;
  room_added: RoomAdded;
  room_removed: RoomRemoved;
}
