import type { Message } from "./aetherconnect/message/v1/message_pb.ts";
import { AddReactionRequestSchema, AddReactionResponseSchema, DeleteMessageRequestSchema, DeleteMessageResponseSchema, EditMessageRequestSchema, EditMessageResponseSchema, MessageSchema, MessageService, RemoveReactionRequestSchema, RemoveReactionResponseSchema, SendMessageRequestSchema, SendMessageResponseSchema } from "./aetherconnect/message/v1/message_pb.ts";
import { MarkReadRequestSchema, MarkReadResponseSchema, RoomService } from "./aetherconnect/message/v1/room_pb.ts";
import type { Connected, Error, Mentioned, MessageChanged, PresenceChanged, ReadMarked, RoomActivity, RoomAdded, RoomChanged, RoomRemoved, TypingStarted, TypingStopped } from "./aetherconnect/realtime/v1/realtime_pb.ts";
import { ConnectedSchema, ErrorSchema, JoinRoomAckSchema, JoinRoomSchema, LeaveRoomAckSchema, LeaveRoomSchema, MentionedSchema, MessageChangedSchema, PresenceChangedSchema, ReadMarkedSchema, RoomActivitySchema, RoomAddedSchema, RoomChangedSchema, RoomRemovedSchema, SetPresenceAckSchema, SetPresenceSchema, TypingStartAckSchema, TypingStartedSchema, TypingStartSchema, TypingStopAckSchema, TypingStoppedSchema, TypingStopSchema, UnwatchRoomsAckSchema, UnwatchRoomsSchema, WatchPresenceAckSchema, WatchPresenceSchema, WatchRoomsAckSchema, WatchRoomsSchema } from "./aetherconnect/realtime/v1/realtime_pb.ts";

/** Why something failed, as it stands on the wire. */
export type ErrorCode = "VALIDATION_FAILED" | "USER_EXISTS" | "PROFILE_UPDATE_FAILED" | "AMBIGUOUS_CREDENTIALS" | "INVALID_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "INVALID_REFRESH_TOKEN" | "TOKEN_REUSED" | "REFRESH_RACE" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "NOT_FOUND" | "ROOM_NOT_FOUND" | "USER_NOT_FOUND" | "SESSION_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "FLOOD" | "TOO_MANY_SOCKETS" | "SLOW_CONSUMER" | "MESSAGE_NOT_FOUND" | "BLOCKED" | "LIMIT_REACHED";

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
  /**
   * The seq of a message of the room, not deleted, that it replies to.
   *
   * @generated from field: optional uint32 reply_to = 6;
   */
  replyTo?: number | null;
  /**
   * Whom it mentions, at most 20; who isn't a member, and the sender, is left out.
   *
   * @generated from field: repeated string mentions = 7;
   */
  mentions?: string[] | null;
  /**
   * Whether it mentions all other members.
   *
   * @generated from field: optional bool mentions_room = 8;
   */
  mentionsRoom?: boolean | null;
}

/**
 * A new content for a message.
 *
 * @generated from message aetherconnect.message.v1.EditMessageRequest
 */
export interface EditMessageRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The message.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
  /**
   * 1 to 4,000 code points, not blank only.
   *
   * @generated from field: string content = 3;
   */
  content: string;
  /**
   * The sender's own data; absent: as it was.
   *
   * @generated from field: optional google.protobuf.Struct metadata = 4;
   */
  metadata?: Record<string, unknown> | null;
}

/**
 * Which message to delete.
 *
 * @generated from message aetherconnect.message.v1.DeleteMessageRequest
 */
export interface DeleteMessageRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The message.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
}

/**
 * How to react to which message.
 *
 * @generated from message aetherconnect.message.v1.AddReactionRequest
 */
export interface AddReactionRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The message.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
  /**
   * One emoji, or the name of one between colons.
   *
   * @generated from field: string emoji = 3;
   */
  emoji: string;
}

/**
 * Which reaction to remove.
 *
 * @generated from message aetherconnect.message.v1.RemoveReactionRequest
 */
export interface RemoveReactionRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The message.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
  /**
   * One emoji, or the name of one between colons.
   *
   * @generated from field: string emoji = 3;
   */
  emoji: string;
}

/**
 * What has been read.
 *
 * @generated from message aetherconnect.message.v1.MarkReadRequest
 */
export interface MarkReadRequestIn {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Everything up to there; absent: all. What is beyond the end counts as the end.
   *
   * @generated from field: optional uint32 seq = 2;
   */
  seq?: number | null;
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
  /**
   * The last revision that the client has; absent: no changes are answered.
   *
   * @generated from field: optional uint32 after_revision = 3;
   */
  afterRevision?: number | null;
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
 * Watches users, in the place of those that this socket has watched before; an
 * empty list ends it. Whatever changes is then said by presence_changed. Users
 * who share no room with the caller, or don't show their presence, are offline
 * without a time.
 *
 * @generated from message aetherconnect.realtime.v1.WatchPresence
 */
export interface WatchPresenceIn {
  /**
   * The users, at most 200.
   *
   * @generated from field: repeated string user_ids = 1;
   */
  userIds?: string[] | null;
}

/**
 * Says of this socket whether its window is hidden. A new socket is online.
 *
 * @generated from message aetherconnect.realtime.v1.SetPresence
 */
export interface SetPresenceIn {
  /**
   * Online or away.
   *
   * @generated from field: aetherconnect.realtime.v1.PresenceStatus status = 1;
   */
  status: "online" | "away";
}

/**
 * Asks for all of one's rooms, and for what goes on in them from then on: room_activity
 * of those that this socket hasn't joined.
 *
 * @generated from message aetherconnect.realtime.v1.WatchRooms
 */
export type WatchRoomsIn = Record<never, never>;

/**
 * Ends what watch_rooms began.
 *
 * @generated from message aetherconnect.realtime.v1.UnwatchRooms
 */
export type UnwatchRoomsIn = Record<never, never>;

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
   * The text, as it was sent or last edited; empty if the message is deleted.
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
   * When it was stored, edited or deleted last.
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
  /**
   * Counts the changes of the room's messages: that of the last change of this
   * one, zero if it is as it was sent.
   *
   * @generated from field: uint32 revision = 12;
   */
  revision: number;
  /**
   * When its content was edited last.
   *
   * @generated from field: optional google.protobuf.Timestamp edited_at = 13;
   */
  editedAt: string | null;
  /**
   * When it was deleted.
   *
   * @generated from field: optional google.protobuf.Timestamp deleted_at = 14;
   */
  deletedAt: string | null;
  /**
   * Who deleted it.
   *
   * @generated from field: optional string deleted_by = 15;
   */
  deletedBy: string | null;
  /**
   * In the order of first use, 20 at most.
   *
   * @generated from field: repeated aetherconnect.message.v1.Reaction reactions = 16;
   */
  reactions: ReactionOut[];
  /**
   * The seq of the message that it replies to.
   *
   * @generated from field: optional uint32 reply_to = 17;
   */
  replyTo: number | null;
  /**
   * The seq of the message that its thread hangs on: the one replied to, or, where
   * that is a reply itself, the one that hangs on.
   *
   * @generated from field: optional uint32 thread_seq = 18;
   */
  threadSeq: number | null;
  /**
   * Replies that were ever sent in its thread; no change of the message.
   *
   * @generated from field: uint32 reply_count = 19;
   */
  replyCount: number;
  /**
   * When the last reply was sent in its thread.
   *
   * @generated from field: optional google.protobuf.Timestamp last_reply_at = 20;
   */
  lastReplyAt: string | null;
  /**
   * Whom it mentions, of those who were members then; none if it is deleted.
   *
   * @generated from field: repeated string mentions = 21;
   */
  mentions: string[];
  /**
   * Whether it mentions all other members.
   *
   * @generated from field: bool mentions_room = 22;
   */
  mentionsRoom: boolean;
  /**
   * When it was pinned, while it is.
   *
   * @generated from field: optional google.protobuf.Timestamp pinned_at = 23;
   */
  pinnedAt: string | null;
  /**
   * Who pinned it.
   *
   * @generated from field: optional string pinned_by = 24;
   */
  pinnedBy: string | null;
}

/**
 * Those who have reacted to a message with one emoji.
 *
 * @generated from message aetherconnect.message.v1.Reaction
 */
export interface ReactionOut {
  /**
   * An emoji, or the name of one between colons.
   *
   * @generated from field: string emoji = 1;
   */
  emoji: string;
  /**
   * How many they are.
   *
   * @generated from field: uint32 count = 2;
   */
  count: number;
  /**
   * The first 20 of them, in the order of use.
   *
   * @generated from field: repeated string user_ids = 3;
   */
  userIds: string[];
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
 * A watched user is otherwise than before, or can be seen otherwise.
 *
 * @generated from message aetherconnect.realtime.v1.PresenceChanged
 */
export interface PresenceChangedOut {
  /**
   * The user.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
  /**
   * Online, away or offline.
   *
   * @generated from field: aetherconnect.realtime.v1.PresenceStatus status = 2;
   */
  status: "online" | "away" | "offline";
  /**
   * As in the acknowledgement of watch_presence.
   *
   * @generated from field: optional google.protobuf.Timestamp last_seen_at = 3;
   */
  lastSeenAt: string | null;
}

/**
 * A message has changed. Sockets that have joined get this in the order of
 * message.revision, and never before the message itself. Several changes of a
 * message may come as one.
 *
 * @generated from message aetherconnect.realtime.v1.MessageChanged
 */
export interface MessageChangedOut {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message message = 1;
   */
  message: MessageOut;
  /**
   * What was done to it last.
   *
   * @generated from field: aetherconnect.message.v1.ChangeType change = 2;
   */
  change: "edited" | "deleted" | "reacted" | "pinned";
  /**
   * Who did that.
   *
   * @generated from field: string user_id = 3;
   */
  userId: string;
}

/**
 * A message mentions the user, by name or as a member of its room. All of their
 * sockets get this, whether they have joined the room or not.
 *
 * @generated from message aetherconnect.realtime.v1.Mentioned
 */
export interface MentionedOut {
  /**
   * The message.
   *
   * @generated from field: aetherconnect.message.v1.Message message = 1;
   */
  message: MessageOut;
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
   * Name, not unique; of a direct room the other user's, as it is now.
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
  roomType: "public" | "private" | "direct";
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
  /**
   * The revision of its last change of a message; zero if there was none.
   *
   * @generated from field: uint32 last_revision = 11;
   */
  lastRevision: number;
  /**
   * What the room is to who asks; absent if they aren't a member.
   *
   * @generated from field: optional aetherconnect.message.v1.Membership membership = 12;
   */
  membership: MembershipOut | null;
  /**
   * The message at last_seq, a deleted one too: in the list of one's rooms and in
   * watch_rooms alone. Absent from where the answer would be too large.
   *
   * @generated from field: optional aetherconnect.message.v1.Message last_message = 13;
   */
  lastMessage: MessageOut | null;
  /**
   * The other user of a direct room, or oneself alone; absent of others.
   *
   * @generated from field: optional aetherconnect.message.v1.UserName peer = 14;
   */
  peer: UserNameOut | null;
}

/**
 * What a room is to one of its members.
 *
 * @generated from message aetherconnect.message.v1.Membership
 */
export interface MembershipOut {
  /**
   * What they may do.
   *
   * @generated from field: aetherconnect.message.v1.Role role = 1;
   */
  role: "member" | "moderator" | "owner";
  /**
   * Since when they are in it.
   *
   * @generated from field: google.protobuf.Timestamp joined_at = 2;
   */
  joinedAt: string;
  /**
   * They have read up to this seq.
   *
   * @generated from field: uint32 read_seq = 3;
   */
  readSeq: number;
  /**
   * Messages above read_seq.
   *
   * @generated from field: uint32 unread_count = 4;
   */
  unreadCount: number;
  /**
   * Those of them that mention the member.
   *
   * @generated from field: uint32 mention_count = 5;
   */
  mentionCount: number;
  /**
   * Of which messages they want to be notified.
   *
   * @generated from field: aetherconnect.message.v1.NotifyLevel notify = 6;
   */
  notify: "all" | "mentions" | "none";
  /**
   * Whether they may not write for now.
   *
   * @generated from field: bool is_muted = 7;
   */
  isMuted: boolean;
  /**
   * Until when; absent if without end, or not muted.
   *
   * @generated from field: optional google.protobuf.Timestamp muted_until = 8;
   */
  mutedUntil: string | null;
}

/**
 * A user and their names.
 *
 * @generated from message aetherconnect.message.v1.UserName
 */
export interface UserNameOut {
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
 * Up to where a user has read a room. The user's own sockets get it at once and take
 * it as it is: after mark_unread it is a lower number. In rooms of up to 100 members
 * the joined sockets of the others get it too, at most twice a second for each user.
 *
 * @generated from message aetherconnect.realtime.v1.ReadMarked
 */
export interface ReadMarkedOut {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Who has read.
   *
   * @generated from field: string user_id = 2;
   */
  userId: string;
  /**
   * Their read_seq.
   *
   * @generated from field: uint32 seq = 3;
   */
  seq: number;
}

/**
 * Where a room stands that the socket watches and hasn't joined: at most once a
 * second for each room, the last state.
 *
 * @generated from message aetherconnect.realtime.v1.RoomActivity
 */
export interface RoomActivityOut {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The seq of its newest message.
   *
   * @generated from field: uint32 last_seq = 2;
   */
  lastSeq: number;
  /**
   * The revision of its last change of a message.
   *
   * @generated from field: uint32 last_revision = 3;
   */
  lastRevision: number;
  /**
   * The message at last_seq, a deleted one too.
   *
   * @generated from field: optional aetherconnect.message.v1.Message last_message = 4;
   */
  lastMessage: MessageOut | null;
}

/**
 * A room has changed otherwise than by messages: it has a new owner, or, of a direct
 * room, the peer has a new name. Sockets that have joined or watch it get this.
 *
 * @generated from message aetherconnect.realtime.v1.RoomChanged
 */
export interface RoomChangedOut {
  /**
   * The room as the user sees it.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: RoomOut;
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
 * The edited message.
 *
 * @generated from message aetherconnect.message.v1.EditMessageResponse
 */
export interface EditMessageResponseOut {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: MessageOut;
}

/**
 * What is left of the message.
 *
 * @generated from message aetherconnect.message.v1.DeleteMessageResponse
 */
export interface DeleteMessageResponseOut {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: MessageOut;
}

/**
 * The message with the reaction.
 *
 * @generated from message aetherconnect.message.v1.AddReactionResponse
 */
export interface AddReactionResponseOut {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: MessageOut;
}

/**
 * The message without the reaction.
 *
 * @generated from message aetherconnect.message.v1.RemoveReactionResponse
 */
export interface RemoveReactionResponseOut {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: MessageOut;
}

/**
 * What the room is to the caller now.
 *
 * @generated from message aetherconnect.message.v1.MarkReadResponse
 */
export interface MarkReadResponseOut {
  /**
   * With the new read_seq.
   *
   * @generated from field: aetherconnect.message.v1.Membership membership = 1;
   */
  membership: MembershipOut;
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
   * Without after_seq: older ones exist. With it: not joined yet, ask again with
   * the last seq of messages and the last revision of changes; where a list is
   * empty, with what was asked.
   *
   * @generated from field: bool has_more = 3;
   */
  hasMore: boolean;
  /**
   * after_seq or after_revision was beyond the room's end; messages are the
   * newest 50.
   *
   * @generated from field: optional bool reset = 4;
   */
  reset?: boolean;
  /**
   * Messages up to after_seq that have changed after after_revision, as they are
   * now, by revision.
   *
   * @generated from field: repeated aetherconnect.message.v1.Message changes = 5;
   */
  changes: MessageOut[];
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

/**
 * How the users are.
 *
 * @generated from message aetherconnect.realtime.v1.WatchPresenceAck
 */
export interface WatchPresenceAckOut {
  /**
   * One for each id that was asked for, in that order.
   *
   * @generated from field: repeated aetherconnect.realtime.v1.Presence users = 1;
   */
  users: PresenceOut[];
}

/**
 * How a user is.
 *
 * @generated from message aetherconnect.realtime.v1.Presence
 */
export interface PresenceOut {
  /**
   * The user.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
  /**
   * Online, away or offline.
   *
   * @generated from field: aetherconnect.realtime.v1.PresenceStatus status = 2;
   */
  status: "online" | "away" | "offline";
  /**
   * When the last socket closed; null unless offline, and where it isn't known or
   * not to be seen.
   *
   * @generated from field: optional google.protobuf.Timestamp last_seen_at = 3;
   */
  lastSeenAt: string | null;
}

/**
 * The socket is as it was said.
 *
 * @generated from message aetherconnect.realtime.v1.SetPresenceAck
 */
export type SetPresenceAckOut = Record<never, never>;

/**
 * One's rooms.
 *
 * @generated from message aetherconnect.realtime.v1.WatchRoomsAck
 */
export interface WatchRoomsAckOut {
  /**
   * The newest activity first, at most 200.
   *
   * @generated from field: repeated aetherconnect.message.v1.Room rooms = 1;
   */
  rooms: RoomOut[];
  /**
   * There are more; their activity is told too.
   *
   * @generated from field: bool truncated = 2;
   */
  truncated: boolean;
}

/**
 * The socket hears no more of rooms that it hasn't joined.
 *
 * @generated from message aetherconnect.realtime.v1.UnwatchRoomsAck
 */
export type UnwatchRoomsAckOut = Record<never, never>;

/** Why send_message can fail. */
export type SendMessageRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";

/** Why edit_message can fail. */
export type EditMessageRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";

/** Why delete_message can fail. */
export type DeleteMessageRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND";

/** Why add_reaction can fail. */
export type AddReactionRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED" | "LIMIT_REACHED";

/** Why remove_reaction can fail. */
export type RemoveReactionRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";

/** Why mark_read can fail. */
export type MarkReadRequestFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why join_room can fail. */
export type JoinRoomFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why leave_room can fail. */
export type LeaveRoomFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why typing_start can fail. */
export type TypingStartFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why typing_stop can fail. */
export type TypingStopFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "NOT_IN_ROOM" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why watch_presence can fail. */
export type WatchPresenceFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why set_presence can fail. */
export type SetPresenceFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why watch_rooms can fail. */
export type WatchRoomsFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Why unwatch_rooms can fail. */
export type UnwatchRoomsFailure = "VALIDATION_FAILED" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";

/** Events that clients send. */
export interface ClientToServerEvents {
  send_message: (payload: SendMessageRequestIn, ack: (answer: Ack<SendMessageResponseOut, SendMessageRequestFailure>) => void) => void;
  edit_message: (payload: EditMessageRequestIn, ack: (answer: Ack<EditMessageResponseOut, EditMessageRequestFailure>) => void) => void;
  delete_message: (payload: DeleteMessageRequestIn, ack: (answer: Ack<DeleteMessageResponseOut, DeleteMessageRequestFailure>) => void) => void;
  add_reaction: (payload: AddReactionRequestIn, ack: (answer: Ack<AddReactionResponseOut, AddReactionRequestFailure>) => void) => void;
  remove_reaction: (payload: RemoveReactionRequestIn, ack: (answer: Ack<RemoveReactionResponseOut, RemoveReactionRequestFailure>) => void) => void;
  mark_read: (payload: MarkReadRequestIn, ack: (answer: Ack<MarkReadResponseOut, MarkReadRequestFailure>) => void) => void;
  join_room: (payload: JoinRoomIn, ack: (answer: Ack<JoinRoomAckOut, JoinRoomFailure>) => void) => void;
  leave_room: (payload: LeaveRoomIn, ack?: (answer: Ack<LeaveRoomAckOut, LeaveRoomFailure>) => void) => void;
  typing_start: (payload: TypingStartIn, ack?: (answer: Ack<TypingStartAckOut, TypingStartFailure>) => void) => void;
  typing_stop: (payload: TypingStopIn, ack?: (answer: Ack<TypingStopAckOut, TypingStopFailure>) => void) => void;
  watch_presence: (payload: WatchPresenceIn, ack: (answer: Ack<WatchPresenceAckOut, WatchPresenceFailure>) => void) => void;
  set_presence: (payload: SetPresenceIn, ack?: (answer: Ack<SetPresenceAckOut, SetPresenceFailure>) => void) => void;
  watch_rooms: (payload: WatchRoomsIn, ack: (answer: Ack<WatchRoomsAckOut, WatchRoomsFailure>) => void) => void;
  unwatch_rooms: (payload: UnwatchRoomsIn, ack?: (answer: Ack<UnwatchRoomsAckOut, UnwatchRoomsFailure>) => void) => void;
}

/** Events that clients get. */
export interface ServerToClientEvents {
  new_message: (payload: MessageOut) => void;
  connected: (payload: ConnectedOut) => void;
  error: (payload: ErrorOut) => void;
  typing_start: (payload: TypingStartedOut) => void;
  typing_stop: (payload: TypingStoppedOut) => void;
  presence_changed: (payload: PresenceChangedOut) => void;
  message_changed: (payload: MessageChangedOut) => void;
  mentioned: (payload: MentionedOut) => void;
  room_added: (payload: RoomAddedOut) => void;
  room_removed: (payload: RoomRemovedOut) => void;
  read_marked: (payload: ReadMarkedOut) => void;
  room_activity: (payload: RoomActivityOut) => void;
  room_changed: (payload: RoomChangedOut) => void;
}

/** What clients send: descriptors, the method that serves it, and its rules. */
export const clientEvents = {
  send_message: {
    payload: SendMessageRequestSchema,
    ack: SendMessageResponseSchema,
    method: MessageService.method.sendMessage,
    mustJoin: true,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "FORBIDDEN", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL", "MESSAGE_NOT_FOUND", "BLOCKED"]),
  },
  edit_message: {
    payload: EditMessageRequestSchema,
    ack: EditMessageResponseSchema,
    method: MessageService.method.editMessage,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "FORBIDDEN", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL", "MESSAGE_NOT_FOUND", "BLOCKED"]),
  },
  delete_message: {
    payload: DeleteMessageRequestSchema,
    ack: DeleteMessageResponseSchema,
    method: MessageService.method.deleteMessage,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "FORBIDDEN", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL", "MESSAGE_NOT_FOUND"]),
  },
  add_reaction: {
    payload: AddReactionRequestSchema,
    ack: AddReactionResponseSchema,
    method: MessageService.method.addReaction,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL", "MESSAGE_NOT_FOUND", "BLOCKED", "LIMIT_REACHED"]),
  },
  remove_reaction: {
    payload: RemoveReactionRequestSchema,
    ack: RemoveReactionResponseSchema,
    method: MessageService.method.removeReaction,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL", "MESSAGE_NOT_FOUND", "BLOCKED"]),
  },
  mark_read: {
    payload: MarkReadRequestSchema,
    ack: MarkReadResponseSchema,
    method: RoomService.method.markRead,
    mustJoin: false,
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
  watch_presence: {
    payload: WatchPresenceSchema,
    ack: WatchPresenceAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  set_presence: {
    payload: SetPresenceSchema,
    ack: SetPresenceAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  watch_rooms: {
    payload: WatchRoomsSchema,
    ack: WatchRoomsAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
  unwatch_rooms: {
    payload: UnwatchRoomsSchema,
    ack: UnwatchRoomsAckSchema,
    mustJoin: false,
    failures: new Set<ErrorCode>(["VALIDATION_FAILED", "UNAUTHENTICATED", "PAYLOAD_TOO_LARGE", "RATE_LIMITED", "BUSY", "UNAVAILABLE", "INTERNAL"]),
  },
} as const;

/** The descriptors of what clients get. */
export const serverEvents = {
  new_message: MessageSchema,
  connected: ConnectedSchema,
  error: ErrorSchema,
  typing_start: TypingStartedSchema,
  typing_stop: TypingStoppedSchema,
  presence_changed: PresenceChangedSchema,
  message_changed: MessageChangedSchema,
  mentioned: MentionedSchema,
  room_added: RoomAddedSchema,
  room_removed: RoomRemovedSchema,
  read_marked: ReadMarkedSchema,
  room_activity: RoomActivitySchema,
  room_changed: RoomChangedSchema,
} as const;

/** What a server emits. */
export interface ServerEventMessages {
  new_message: Message;
  connected: Connected;
  error: Error;
  typing_start: TypingStarted;
  typing_stop: TypingStopped;
  presence_changed: PresenceChanged;
  message_changed: MessageChanged;
  mentioned: Mentioned;
  room_added: RoomAdded;
  room_removed: RoomRemoved;
  read_marked: ReadMarked;
  room_activity: RoomActivity;
  room_changed: RoomChanged;
}
