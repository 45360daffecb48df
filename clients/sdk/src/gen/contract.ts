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
 * A new user.
 *
 * @generated from message aetherconnect.auth.v1.RegisterRequest
 */
export interface RegisterRequest {
  /**
   * 3 to 32 of A-Z, a-z, 0-9, "_", "." and "-"; unique whatever its case.
   *
   * @generated from field: string username = 1;
   */
  username: string;
  /**
   * Email address, unique whatever its case or Unicode form.
   *
   * @generated from field: string email = 2;
   */
  email: string;
  /**
   * 8 to 128 code points, none of the commonest passwords.
   *
   * @generated from field: string password = 3;
   */
  password: string;
  /**
   * First name.
   *
   * @generated from field: string first_name = 4;
   */
  firstName: string;
  /**
   * Last name.
   *
   * @generated from field: string last_name = 5;
   */
  lastName: string;
}

/**
 * Credentials: a password and either an email address or a username.
 *
 * @generated from message aetherconnect.auth.v1.LoginRequest
 */
export interface LoginRequest {
  /**
   * Email address.
   *
   * @generated from field: optional string email = 1;
   */
  email?: string | null | undefined;
  /**
   * Username.
   *
   * @generated from field: optional string username = 2;
   */
  username?: string | null | undefined;
  /**
   * Password.
   *
   * @generated from field: string password = 3;
   */
  password: string;
}

/**
 * A refresh token to be replaced.
 *
 * @generated from message aetherconnect.auth.v1.RefreshSessionRequest
 */
export interface RefreshSessionRequest {
  /**
   * The token; anything that was never issued is an invalid refresh token.
   *
   * @generated from field: string refresh_token = 1;
   */
  refreshToken?: string | null | undefined;
}

/**
 * Ends the caller's session.
 *
 * @generated from message aetherconnect.auth.v1.LogoutRequest
 */
export type LogoutRequest = Record<never, never>;

/**
 * Ends all of the caller's sessions.
 *
 * @generated from message aetherconnect.auth.v1.LogoutAllRequest
 */
export type LogoutAllRequest = Record<never, never>;

/**
 * A new password.
 *
 * @generated from message aetherconnect.auth.v1.ChangePasswordRequest
 */
export interface ChangePasswordRequest {
  /**
   * The password so far.
   *
   * @generated from field: string current_password = 1;
   */
  currentPassword: string;
  /**
   * 8 to 128 code points, none of the commonest passwords.
   *
   * @generated from field: string new_password = 2;
   */
  newPassword: string;
}

/**
 * Asks for a WebSocket token.
 *
 * @generated from message aetherconnect.auth.v1.IssueWsTokenRequest
 */
export type IssueWsTokenRequest = Record<never, never>;

/**
 * Asks for the caller's profile.
 *
 * @generated from message aetherconnect.auth.v1.GetProfileRequest
 */
export type GetProfileRequest = Record<never, never>;

/**
 * What is to change; the rest stays.
 *
 * @generated from message aetherconnect.auth.v1.UpdateProfileRequest
 */
export interface UpdateProfileRequest {
  /**
   * First name.
   *
   * @generated from field: optional string first_name = 1;
   */
  firstName?: string | null | undefined;
  /**
   * Last name.
   *
   * @generated from field: optional string last_name = 2;
   */
  lastName?: string | null | undefined;
  /**
   * Username, as on registration.
   *
   * @generated from field: optional string username = 3;
   */
  username?: string | null | undefined;
  /**
   * Email address, as on registration; needs the current password.
   *
   * @generated from field: optional string email = 4;
   */
  email?: string | null | undefined;
  /**
   * The current password.
   *
   * @generated from field: optional string current_password = 5;
   */
  currentPassword?: string | null | undefined;
  /**
   * Whether others may see if the user is online.
   *
   * @generated from field: optional bool show_presence = 6;
   */
  showPresence?: boolean | null | undefined;
}

/**
 * Asks for the caller's sessions.
 *
 * @generated from message aetherconnect.auth.v1.ListSessionsRequest
 */
export type ListSessionsRequest = Record<never, never>;

/**
 * Which session is to end.
 *
 * @generated from message aetherconnect.auth.v1.EndSessionRequest
 */
export interface EndSessionRequest {
  /**
   * As listed.
   *
   * @generated from field: string session_id = 1;
   */
  sessionId: string;
}

/**
 * Whom to find.
 *
 * @generated from message aetherconnect.auth.v1.FindUserRequest
 */
export interface FindUserRequest {
  /**
   * The exact username.
   *
   * @generated from field: string username = 1;
   */
  username: string;
}

/**
 * Which messages to list.
 *
 * @generated from message aetherconnect.message.v1.ListMessagesRequest
 */
export interface ListMessagesRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Page, from 1; 1 if nothing is said.
   *
   * @generated from field: optional uint32 page = 2;
   */
  page?: number | null | undefined;
  /**
   * Messages a page, 1 to 100; 50 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 3;
   */
  limit?: number | null | undefined;
  /**
   * The newest messages below this seq.
   *
   * @generated from field: optional uint32 before = 4;
   */
  before?: number | null | undefined;
  /**
   * The oldest messages above this seq.
   *
   * @generated from field: optional uint32 after = 5;
   */
  after?: number | null | undefined;
  /**
   * The messages whose revision is above this one.
   *
   * @generated from field: optional uint32 changed_since = 6;
   */
  changedSince?: number | null | undefined;
  /**
   * The replies of the thread that hangs on the message of this seq: the newest
   * ones, or those before or after one.
   *
   * @generated from field: optional uint32 thread = 7;
   */
  thread?: number | null | undefined;
}

/**
 * A message to send. A socket has to have joined the room.
 *
 * @generated from message aetherconnect.message.v1.SendMessageRequest
 */
export interface SendMessageRequest {
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
  clientMessageId?: string | null | undefined;
  /**
   * Text if nothing is said.
   *
   * @generated from field: aetherconnect.message.v1.MessageType message_type = 4;
   */
  messageType?: "text" | "image" | "file" | null | undefined;
  /**
   * The sender's own data.
   *
   * @generated from field: optional google.protobuf.Struct metadata = 5;
   */
  metadata?: Record<string, unknown> | null | undefined;
  /**
   * The seq of a message of the room, not deleted, that it replies to.
   *
   * @generated from field: optional uint32 reply_to = 6;
   */
  replyTo?: number | null | undefined;
  /**
   * Whom it mentions, at most 20; who isn't a member, and the sender, is left out.
   *
   * @generated from field: repeated string mentions = 7;
   */
  mentions?: string[] | null | undefined;
  /**
   * Whether it mentions all other members.
   *
   * @generated from field: optional bool mentions_room = 8;
   */
  mentionsRoom?: boolean | null | undefined;
}

/**
 * A new content for a message.
 *
 * @generated from message aetherconnect.message.v1.EditMessageRequest
 */
export interface EditMessageRequest {
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
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * Which message to delete.
 *
 * @generated from message aetherconnect.message.v1.DeleteMessageRequest
 */
export interface DeleteMessageRequest {
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
export interface AddReactionRequest {
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
export interface RemoveReactionRequest {
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
 * Whose reactions to list.
 *
 * @generated from message aetherconnect.message.v1.ListReactionsRequest
 */
export interface ListReactionsRequest {
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
  /**
   * Page, from 1; 1 if nothing is said.
   *
   * @generated from field: optional uint32 page = 4;
   */
  page?: number | null | undefined;
  /**
   * Users a page, 1 to 100; 50 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 5;
   */
  limit?: number | null | undefined;
}

/**
 * Which message to pin.
 *
 * @generated from message aetherconnect.message.v1.PinMessageRequest
 */
export interface PinMessageRequest {
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
 * Which message to unpin.
 *
 * @generated from message aetherconnect.message.v1.UnpinMessageRequest
 */
export interface UnpinMessageRequest {
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
 * Whose pins to list.
 *
 * @generated from message aetherconnect.message.v1.ListPinsRequest
 */
export interface ListPinsRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * What to look for.
 *
 * @generated from message aetherconnect.message.v1.SearchMessagesRequest
 */
export interface SearchMessagesRequest {
  /**
   * 1 to 200 code points. Every word has to occur, in any case and with or without
   * accents; words in quotes one after the other. The last word is taken by its
   * beginning, unless it is quoted or something follows it.
   *
   * @generated from field: string q = 1;
   */
  q: string;
  /**
   * In this room alone.
   *
   * @generated from field: optional string room_id = 2;
   */
  roomId?: string | null | undefined;
  /**
   * Sent by this user alone.
   *
   * @generated from field: optional string user_id = 3;
   */
  userId?: string | null | undefined;
  /**
   * Stored after this time alone.
   *
   * @generated from field: optional google.protobuf.Timestamp after = 4;
   */
  after?: string | null | undefined;
  /**
   * Stored before this time alone.
   *
   * @generated from field: optional google.protobuf.Timestamp before = 5;
   */
  before?: string | null | undefined;
  /**
   * Messages a page, 1 to 100; 20 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 6;
   */
  limit?: number | null | undefined;
  /**
   * The next_cursor of the page before.
   *
   * @generated from field: optional string cursor = 7;
   */
  cursor?: string | null | undefined;
}

/**
 * Which mentions to list.
 *
 * @generated from message aetherconnect.message.v1.ListMentionsRequest
 */
export interface ListMentionsRequest {
  /**
   * Messages a page, 1 to 100; 50 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 1;
   */
  limit?: number | null | undefined;
  /**
   * The next_cursor of the page before.
   *
   * @generated from field: optional string cursor = 2;
   */
  cursor?: string | null | undefined;
}

/**
 * Whom to block.
 *
 * @generated from message aetherconnect.message.v1.BlockUserRequest
 */
export interface BlockUserRequest {
  /**
   * The user.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
}

/**
 * Whom to block no longer.
 *
 * @generated from message aetherconnect.message.v1.UnblockUserRequest
 */
export interface UnblockUserRequest {
  /**
   * The user.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
}

/**
 * Asks for whom the caller has blocked.
 *
 * @generated from message aetherconnect.message.v1.ListBlocksRequest
 */
export type ListBlocksRequest = Record<never, never>;

/**
 * Asks for the caller's rooms.
 *
 * @generated from message aetherconnect.message.v1.ListRoomsRequest
 */
export type ListRoomsRequest = Record<never, never>;

/**
 * Which public rooms to list.
 *
 * @generated from message aetherconnect.message.v1.ListPublicRoomsRequest
 */
export interface ListPublicRoomsRequest {
  /**
   * Page, from 1; 1 if nothing is said.
   *
   * @generated from field: optional uint32 page = 1;
   */
  page?: number | null | undefined;
  /**
   * Rooms a page, 1 to 100; 50 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 2;
   */
  limit?: number | null | undefined;
}

/**
 * Which room to answer.
 *
 * @generated from message aetherconnect.message.v1.GetRoomRequest
 */
export interface GetRoomRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * A new room.
 *
 * @generated from message aetherconnect.message.v1.CreateRoomRequest
 */
export interface CreateRoomRequest {
  /**
   * 1 to 100 code points.
   *
   * @generated from field: string name = 1;
   */
  name: string;
  /**
   * What it is for, at most 1,000 code points.
   *
   * @generated from field: optional string description = 2;
   */
  description?: string | null | undefined;
  /**
   * Public if nothing is said; direct rooms are opened, not created.
   *
   * @generated from field: aetherconnect.message.v1.RoomType room_type = 3;
   */
  roomType?: "public" | "private" | "direct" | null | undefined;
}

/**
 * With whom: either an id or a username.
 *
 * @generated from message aetherconnect.message.v1.OpenDirectRoomRequest
 */
export interface OpenDirectRoomRequest {
  /**
   * The user by id.
   *
   * @generated from field: optional string user_id = 1;
   */
  userId?: string | null | undefined;
  /**
   * The user by username.
   *
   * @generated from field: optional string username = 2;
   */
  username?: string | null | undefined;
}

/**
 * Which room to join.
 *
 * @generated from message aetherconnect.message.v1.JoinRoomRequest
 */
export interface JoinRoomRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * Which room to leave.
 *
 * @generated from message aetherconnect.message.v1.LeaveRoomRequest
 */
export interface LeaveRoomRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * Whose members to list.
 *
 * @generated from message aetherconnect.message.v1.ListMembersRequest
 */
export interface ListMembersRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Page, from 1; 1 if nothing is said.
   *
   * @generated from field: optional uint32 page = 2;
   */
  page?: number | null | undefined;
  /**
   * Members a page, 1 to 100; 50 if nothing is said.
   *
   * @generated from field: optional uint32 limit = 3;
   */
  limit?: number | null | undefined;
}

/**
 * Whom to add: either an id or a username.
 *
 * @generated from message aetherconnect.message.v1.AddMemberRequest
 */
export interface AddMemberRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The user by id.
   *
   * @generated from field: optional string user_id = 2;
   */
  userId?: string | null | undefined;
  /**
   * The user by username.
   *
   * @generated from field: optional string username = 3;
   */
  username?: string | null | undefined;
}

/**
 * Whom to remove.
 *
 * @generated from message aetherconnect.message.v1.RemoveMemberRequest
 */
export interface RemoveMemberRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The member.
   *
   * @generated from field: string user_id = 2;
   */
  userId: string;
}

/**
 * What has been read.
 *
 * @generated from message aetherconnect.message.v1.MarkReadRequest
 */
export interface MarkReadRequest {
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
  seq?: number | null | undefined;
}

/**
 * From where on a room is unread.
 *
 * @generated from message aetherconnect.message.v1.MarkUnreadRequest
 */
export interface MarkUnreadRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * The first unread message.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
}

/**
 * In which room.
 *
 * @generated from message aetherconnect.message.v1.ListReadsRequest
 */
export interface ListReadsRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
}

/**
 * Of which messages to be notified.
 *
 * @generated from message aetherconnect.message.v1.SetNotifyRequest
 */
export interface SetNotifyRequest {
  /**
   * The room.
   *
   * @generated from field: string room_id = 1;
   */
  roomId: string;
  /**
   * Of which messages.
   *
   * @generated from field: aetherconnect.message.v1.NotifyLevel level = 2;
   */
  level: "all" | "mentions" | "none";
}

/**
 * Subscribes the socket to a room, from a seq on. Joining a public room makes
 * one a member.
 *
 * @generated from message aetherconnect.realtime.v1.JoinRoom
 */
export interface JoinRoom {
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
  afterSeq?: number | null | undefined;
  /**
   * The last revision that the client has; absent: no changes are answered.
   *
   * @generated from field: optional uint32 after_revision = 3;
   */
  afterRevision?: number | null | undefined;
}

/**
 * Ends the delivery of a room to this socket; the membership stays.
 *
 * @generated from message aetherconnect.realtime.v1.LeaveRoom
 */
export interface LeaveRoom {
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
export interface TypingStart {
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
export interface TypingStop {
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
export interface WatchPresence {
  /**
   * The users, at most 200.
   *
   * @generated from field: repeated string user_ids = 1;
   */
  userIds?: string[] | null | undefined;
}

/**
 * Says of this socket whether its window is hidden. A new socket is online.
 *
 * @generated from message aetherconnect.realtime.v1.SetPresence
 */
export interface SetPresence {
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
export type WatchRooms = Record<never, never>;

/**
 * Ends what watch_rooms began.
 *
 * @generated from message aetherconnect.realtime.v1.UnwatchRooms
 */
export type UnwatchRooms = Record<never, never>;

/**
 * A user, as shown to the user alone.
 *
 * @generated from message aetherconnect.auth.v1.User
 */
export interface User {
  /**
   * Digits; for ever the same.
   *
   * @generated from field: string id = 1;
   */
  id: string;
  /**
   * The name to sign in and be found with, as it was typed.
   *
   * @generated from field: string username = 2;
   */
  username: string;
  /**
   * The email address, as it was typed.
   *
   * @generated from field: string email = 3;
   */
  email: string;
  /**
   * First name.
   *
   * @generated from field: string first_name = 4;
   */
  firstName: string;
  /**
   * Last name.
   *
   * @generated from field: string last_name = 5;
   */
  lastName: string;
  /**
   * First and last name with a space between: what others see beside messages.
   *
   * @generated from field: string name = 6;
   */
  name: string;
  /**
   * What the user may be: "user".
   *
   * @generated from field: repeated string roles = 7;
   */
  roles: string[];
  /**
   * When the user registered.
   *
   * @generated from field: google.protobuf.Timestamp created_at = 8;
   */
  createdAt: string;
  /**
   * When the profile last changed.
   *
   * @generated from field: google.protobuf.Timestamp updated_at = 9;
   */
  updatedAt: string;
  /**
   * Whether others may see if the user is online.
   *
   * @generated from field: bool show_presence = 10;
   */
  showPresence: boolean;
}

/**
 * One login that has not ended.
 *
 * @generated from message aetherconnect.auth.v1.Session
 */
export interface Session {
  /**
   * Opaque.
   *
   * @generated from field: string id = 1;
   */
  id: string;
  /**
   * What the client said it is (User-Agent); absent if nothing.
   *
   * @generated from field: optional string device = 2;
   */
  device: string | null;
  /**
   * When the login was.
   *
   * @generated from field: google.protobuf.Timestamp created_at = 3;
   */
  createdAt: string;
  /**
   * When its tokens were last replaced.
   *
   * @generated from field: google.protobuf.Timestamp last_used_at = 4;
   */
  lastUsedAt: string;
  /**
   * Whether it is the one that asks.
   *
   * @generated from field: bool current = 5;
   */
  current: boolean;
}

/**
 * A user, as shown to others.
 *
 * @generated from message aetherconnect.auth.v1.UserSummary
 */
export interface UserSummary {
  /**
   * Digits; for ever the same.
   *
   * @generated from field: string id = 1;
   */
  id: string;
  /**
   * The name to sign in and be found with.
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
 * A message of a room. Sockets that have joined get it in the order of seq, the
 * sender's too.
 *
 * @generated from message aetherconnect.message.v1.Message
 */
export interface Message {
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
  reactions: Reaction[];
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
export interface Reaction {
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
 * Where a page stands within its list.
 *
 * @generated from message aetherconnect.message.v1.Pagination
 */
export interface Pagination {
  /**
   * Page, from 1; absent where the list was asked for by position.
   *
   * @generated from field: optional uint32 current_page = 1;
   */
  currentPage: number | null;
  /**
   * Pages in all; absent where the list was asked for by position.
   *
   * @generated from field: optional uint32 total_pages = 2;
   */
  totalPages: number | null;
  /**
   * Items in all.
   *
   * @generated from field: uint32 total_items = 3;
   */
  totalItems: number;
  /**
   * Items a page holds at most.
   *
   * @generated from field: uint32 items_per_page = 4;
   */
  itemsPerPage: number;
  /**
   * Whether there is a next page; with messages: whether older ones exist.
   *
   * @generated from field: bool has_next = 5;
   */
  hasNext: boolean;
  /**
   * Whether there is a page before; with messages: whether newer ones exist.
   *
   * @generated from field: bool has_previous = 6;
   */
  hasPrevious: boolean;
}

/**
 * A user and their names.
 *
 * @generated from message aetherconnect.message.v1.UserName
 */
export interface UserName {
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
 * A room.
 *
 * @generated from message aetherconnect.message.v1.Room
 */
export interface Room {
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
  membership: Membership | null;
  /**
   * The message at last_seq, a deleted one too: in the list of one's rooms and in
   * watch_rooms alone. Absent from where the answer would be too large.
   *
   * @generated from field: optional aetherconnect.message.v1.Message last_message = 13;
   */
  lastMessage: Message | null;
  /**
   * The other user of a direct room, or oneself alone; absent of others.
   *
   * @generated from field: optional aetherconnect.message.v1.UserName peer = 14;
   */
  peer: UserName | null;
}

/**
 * What a room is to one of its members.
 *
 * @generated from message aetherconnect.message.v1.Membership
 */
export interface Membership {
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
 * A member of a room.
 *
 * @generated from message aetherconnect.message.v1.Member
 */
export interface Member {
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
   * Since when.
   *
   * @generated from field: google.protobuf.Timestamp joined_at = 4;
   */
  joinedAt: string;
}

/**
 * Up to where a member has read.
 *
 * @generated from message aetherconnect.message.v1.Read
 */
export interface Read {
  /**
   * The member.
   *
   * @generated from field: string user_id = 1;
   */
  userId: string;
  /**
   * Their read_seq.
   *
   * @generated from field: uint32 seq = 2;
   */
  seq: number;
}

/**
 * The message as it is stored.
 *
 * @generated from message aetherconnect.message.v1.SendMessageResponse
 */
export interface SendMessageResponse {
  /**
   * The message.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: Message;
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
export interface EditMessageResponse {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: Message;
}

/**
 * What is left of the message.
 *
 * @generated from message aetherconnect.message.v1.DeleteMessageResponse
 */
export interface DeleteMessageResponse {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: Message;
}

/**
 * The message with the reaction.
 *
 * @generated from message aetherconnect.message.v1.AddReactionResponse
 */
export interface AddReactionResponse {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: Message;
}

/**
 * The message without the reaction.
 *
 * @generated from message aetherconnect.message.v1.RemoveReactionResponse
 */
export interface RemoveReactionResponse {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message data = 1;
   */
  data: Message;
}

/**
 * What the room is to the caller now.
 *
 * @generated from message aetherconnect.message.v1.MarkReadResponse
 */
export interface MarkReadResponse {
  /**
   * With the new read_seq.
   *
   * @generated from field: aetherconnect.message.v1.Membership membership = 1;
   */
  membership: Membership;
}

/**
 * The socket is signed in.
 *
 * @generated from message aetherconnect.realtime.v1.Connected
 */
export interface Connected {
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
export interface ErrorEvent {
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
  details?: Violation[];
}

/**
 * One broken rule.
 *
 * @generated from message aetherconnect.error.v1.Violation
 */
export interface Violation {
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
 * The room and what was missed.
 *
 * @generated from message aetherconnect.realtime.v1.JoinRoomAck
 */
export interface JoinRoomAck {
  /**
   * The room.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: Room;
  /**
   * Oldest first.
   *
   * @generated from field: repeated aetherconnect.message.v1.Message messages = 2;
   */
  messages: Message[];
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
  changes: Message[];
}

/**
 * Delivery has ended.
 *
 * @generated from message aetherconnect.realtime.v1.LeaveRoomAck
 */
export type LeaveRoomAck = Record<never, never>;

/**
 * The others have been notified.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStartAck
 */
export type TypingStartAck = Record<never, never>;

/**
 * The others have been notified.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStopAck
 */
export type TypingStopAck = Record<never, never>;

/**
 * Somebody else in the room types; repeated while it lasts.
 *
 * @generated from message aetherconnect.realtime.v1.TypingStarted
 */
export interface TypingStarted {
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
export interface TypingStopped {
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
 * How the users are.
 *
 * @generated from message aetherconnect.realtime.v1.WatchPresenceAck
 */
export interface WatchPresenceAck {
  /**
   * One for each id that was asked for, in that order.
   *
   * @generated from field: repeated aetherconnect.realtime.v1.Presence users = 1;
   */
  users: Presence[];
}

/**
 * How a user is.
 *
 * @generated from message aetherconnect.realtime.v1.Presence
 */
export interface Presence {
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
export type SetPresenceAck = Record<never, never>;

/**
 * A watched user is otherwise than before, or can be seen otherwise.
 *
 * @generated from message aetherconnect.realtime.v1.PresenceChanged
 */
export interface PresenceChanged {
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
export interface MessageChanged {
  /**
   * The message as it is now.
   *
   * @generated from field: aetherconnect.message.v1.Message message = 1;
   */
  message: Message;
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
export interface Mentioned {
  /**
   * The message.
   *
   * @generated from field: aetherconnect.message.v1.Message message = 1;
   */
  message: Message;
}

/**
 * The user has become a member of a room, by somebody else or elsewhere.
 *
 * @generated from message aetherconnect.realtime.v1.RoomAdded
 */
export interface RoomAdded {
  /**
   * The room.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: Room;
}

/**
 * The user is no longer a member of a room.
 *
 * @generated from message aetherconnect.realtime.v1.RoomRemoved
 */
export interface RoomRemoved {
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
export interface ReadMarked {
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
 * One's rooms.
 *
 * @generated from message aetherconnect.realtime.v1.WatchRoomsAck
 */
export interface WatchRoomsAck {
  /**
   * The newest activity first, at most 200.
   *
   * @generated from field: repeated aetherconnect.message.v1.Room rooms = 1;
   */
  rooms: Room[];
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
export type UnwatchRoomsAck = Record<never, never>;

/**
 * Where a room stands that the socket watches and hasn't joined: at most once a
 * second for each room, the last state.
 *
 * @generated from message aetherconnect.realtime.v1.RoomActivity
 */
export interface RoomActivity {
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
  lastMessage: Message | null;
}

/**
 * A room has changed otherwise than by messages: it has a new owner, or, of a direct
 * room, the peer has a new name. Sockets that have joined or watch it get this.
 *
 * @generated from message aetherconnect.realtime.v1.RoomChanged
 */
export interface RoomChanged {
  /**
   * The room as the user sees it.
   *
   * @generated from field: aetherconnect.message.v1.Room room = 1;
   */
  room: Room;
}

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
  send_message: (payload: SendMessageRequest, ack: (answer: Ack<SendMessageResponse, SendMessageRequestFailure>) => void) => void;
  edit_message: (payload: EditMessageRequest, ack: (answer: Ack<EditMessageResponse, EditMessageRequestFailure>) => void) => void;
  delete_message: (payload: DeleteMessageRequest, ack: (answer: Ack<DeleteMessageResponse, DeleteMessageRequestFailure>) => void) => void;
  add_reaction: (payload: AddReactionRequest, ack: (answer: Ack<AddReactionResponse, AddReactionRequestFailure>) => void) => void;
  remove_reaction: (payload: RemoveReactionRequest, ack: (answer: Ack<RemoveReactionResponse, RemoveReactionRequestFailure>) => void) => void;
  mark_read: (payload: MarkReadRequest, ack: (answer: Ack<MarkReadResponse, MarkReadRequestFailure>) => void) => void;
  join_room: (payload: JoinRoom, ack: (answer: Ack<JoinRoomAck, JoinRoomFailure>) => void) => void;
  leave_room: (payload: LeaveRoom, ack?: (answer: Ack<LeaveRoomAck, LeaveRoomFailure>) => void) => void;
  typing_start: (payload: TypingStart, ack?: (answer: Ack<TypingStartAck, TypingStartFailure>) => void) => void;
  typing_stop: (payload: TypingStop, ack?: (answer: Ack<TypingStopAck, TypingStopFailure>) => void) => void;
  watch_presence: (payload: WatchPresence, ack: (answer: Ack<WatchPresenceAck, WatchPresenceFailure>) => void) => void;
  set_presence: (payload: SetPresence, ack?: (answer: Ack<SetPresenceAck, SetPresenceFailure>) => void) => void;
  watch_rooms: (payload: WatchRooms, ack: (answer: Ack<WatchRoomsAck, WatchRoomsFailure>) => void) => void;
  unwatch_rooms: (payload: UnwatchRooms, ack?: (answer: Ack<UnwatchRoomsAck, UnwatchRoomsFailure>) => void) => void;
}

/** Events that clients get. */
export interface ServerToClientEvents {
  new_message: (payload: Message) => void;
  connected: (payload: Connected) => void;
  error: (payload: ErrorEvent) => void;
  typing_start: (payload: TypingStarted) => void;
  typing_stop: (payload: TypingStopped) => void;
  presence_changed: (payload: PresenceChanged) => void;
  message_changed: (payload: MessageChanged) => void;
  mentioned: (payload: Mentioned) => void;
  room_added: (payload: RoomAdded) => void;
  room_removed: (payload: RoomRemoved) => void;
  read_marked: (payload: ReadMarked) => void;
  room_activity: (payload: RoomActivity) => void;
  room_changed: (payload: RoomChanged) => void;
}

/** The methods that REST routes serve. */
export interface Methods {
  /**
   * Creates a user and a first session.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.Register
   */
  register: {
    request: RegisterRequest;
    answer: {
      user: User;
    };
    failure: "VALIDATION_FAILED" | "USER_EXISTS" | "AMBIGUOUS_CREDENTIALS" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Starts a session for a user who knows the password. An unknown user and a
   * wrong password get the same answer in the same time.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.Login
   */
  login: {
    request: LoginRequest;
    answer: {
      user: User;
      accessToken?: string;
      refreshToken?: string;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "INVALID_CREDENTIALS" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Replaces both tokens of a session. A refresh token works once; used again
   * it is a race of two tabs or a theft, which ends the session.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.RefreshSession
   */
  refreshSession: {
    request: RefreshSessionRequest;
    answer: {
      accessToken?: string;
      refreshToken?: string;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "INVALID_REFRESH_TOKEN" | "TOKEN_REUSED" | "REFRESH_RACE" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Ends the session of the access token.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.Logout
   */
  logout: {
    request: LogoutRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Ends every session of the user, this one too.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.LogoutAll
   */
  logoutAll: {
    request: LogoutAllRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Changes the password and ends all other sessions of the user.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.ChangePassword
   */
  changePassword: {
    request: ChangePasswordRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "INVALID_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Answers a token of 60 seconds that connects sockets of this session.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.IssueWsToken
   */
  issueWsToken: {
    request: IssueWsTokenRequest;
    answer: {
      token: string;
    };
    failure: "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Answers the user who asks.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.GetProfile
   */
  getProfile: {
    request: GetProfileRequest;
    answer: {
      user: User;
    };
    failure: "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Changes what is given of the user's profile.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.UpdateProfile
   */
  updateProfile: {
    request: UpdateProfileRequest;
    answer: {
      user: User;
    };
    failure: "PROFILE_UPDATE_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists the user's open sessions, the most recently used first.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.ListSessions
   */
  listSessions: {
    request: ListSessionsRequest;
    answer: {
      sessions: Session[];
    };
    failure: "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Ends one of the user's sessions.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.EndSession
   */
  endSession: {
    request: EndSessionRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "SESSION_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Finds a user by the exact username, to add the user to a room.
   *
   * @generated from rpc aetherconnect.auth.v1.AuthService.FindUser
   */
  findUser: {
    request: FindUserRequest;
    answer: {
      user: UserSummary;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "USER_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Pages through a room's messages: by page (1 holds the newest), before a seq
   * or after one. Within a page oldest to newest. Or lists those that have changed
   * since a revision, as they are now, in the order of their revisions; or the
   * replies of a thread.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.ListMessages
   */
  listMessages: {
    request: ListMessagesRequest;
    answer: {
      messages: Message[];
      pagination: Pagination;
      lastRevision?: number;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND";
  };
  /**
   * Sends a message. It is durable when this answers. A repeated
   * client_message_id answers the first message and sends nothing. Those whom it
   * mentions get the event mentioned; to mention a room of more than 50 members is
   * for its moderators.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.SendMessage
   */
  sendMessage: {
    request: SendMessageRequest;
    answer: {
      data: Message;
      duplicate?: boolean;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";
  };
  /**
   * Changes the content of a message of one's own. The same content again changes
   * nothing.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.EditMessage
   */
  editMessage: {
    request: EditMessageRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";
  };
  /**
   * Deletes a message: by its sender, or by a moderator. Its place stays, its content
   * is gone. Deleting it again changes nothing.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.DeleteMessage
   */
  deleteMessage: {
    request: DeleteMessageRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND";
  };
  /**
   * Adds the caller's reaction to a message. One that is there already changes
   * nothing.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.AddReaction
   */
  addReaction: {
    request: AddReactionRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED" | "LIMIT_REACHED";
  };
  /**
   * Removes the caller's reaction from a message. One that isn't there changes
   * nothing.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.RemoveReaction
   */
  removeReaction: {
    request: RemoveReactionRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";
  };
  /**
   * Lists who has reacted to a message with an emoji, in the order of use.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.ListReactions
   */
  listReactions: {
    request: ListReactionsRequest;
    answer: {
      users: UserName[];
      pagination: Pagination;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND";
  };
  /**
   * Pins a message: in public rooms a moderator, else any member. One that is pinned
   * stays as it is.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.PinMessage
   */
  pinMessage: {
    request: PinMessageRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED" | "LIMIT_REACHED";
  };
  /**
   * Unpins a message, by who may pin it. One that isn't pinned stays as it is.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.UnpinMessage
   */
  unpinMessage: {
    request: UnpinMessageRequest;
    answer: {
      data: Message;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "MESSAGE_NOT_FOUND" | "BLOCKED";
  };
  /**
   * Lists a room's pinned messages, the newest pin first.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.ListPins
   */
  listPins: {
    request: ListPinsRequest;
    answer: {
      messages: Message[];
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Finds messages by their words, in the rooms that the caller is a member of, the
   * newest first.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.SearchMessages
   */
  searchMessages: {
    request: SearchMessagesRequest;
    answer: {
      messages: Message[];
      nextCursor: string | null;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists the messages that mention the caller, in the rooms that they are in, the
   * newest first. A room mentions those who were in it by then.
   *
   * @generated from rpc aetherconnect.message.v1.MessageService.ListMentions
   */
  listMentions: {
    request: ListMentionsRequest;
    answer: {
      messages: Message[];
      nextCursor: string | null;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Blocks a user: they neither see the caller typing nor write to the caller
   * directly. One who is blocked stays so.
   *
   * @generated from rpc aetherconnect.message.v1.BlockService.BlockUser
   */
  blockUser: {
    request: BlockUserRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "USER_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "LIMIT_REACHED";
  };
  /**
   * Ends a block, if there is one.
   *
   * @generated from rpc aetherconnect.message.v1.BlockService.UnblockUser
   */
  unblockUser: {
    request: UnblockUserRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "USER_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists whom the caller has blocked, 1,000 at most.
   *
   * @generated from rpc aetherconnect.message.v1.BlockService.ListBlocks
   */
  listBlocks: {
    request: ListBlocksRequest;
    answer: {
      users: UserName[];
    };
    failure: "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists the rooms that the caller is a member of.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.ListRooms
   */
  listRooms: {
    request: ListRoomsRequest;
    answer: {
      rooms: Room[];
    };
    failure: "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists the rooms that anybody may join, the oldest first.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.ListPublicRooms
   */
  listPublicRooms: {
    request: ListPublicRoomsRequest;
    answer: {
      rooms: Room[];
      pagination: Pagination;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Answers a room. A private one of others is not found.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.GetRoom
   */
  getRoom: {
    request: GetRoomRequest;
    answer: {
      room: Room;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Creates a room; the caller is its first member.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.CreateRoom
   */
  createRoom: {
    request: CreateRoomRequest;
    answer: {
      room: Room;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Opens the room of the caller and one other user, or of the caller alone for
   * notes: it is made where there is none, and is in the caller's list from then
   * on. The other hears of it with the first message.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.OpenDirectRoom
   */
  openDirectRoom: {
    request: OpenDirectRoomRequest;
    answer: {
      room: Room;
      duplicate?: boolean;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "USER_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "BLOCKED";
  };
  /**
   * Makes the caller a member of a public room.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.JoinRoom
   */
  joinRoom: {
    request: JoinRoomRequest;
    answer: {
      room: Room;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Ends the caller's membership, if there is one. A creator who leaves is
   * followed by the oldest member. A direct room only leaves the caller's list,
   * until its next message or until they open it.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.LeaveRoom
   */
  leaveRoom: {
    request: LeaveRoomRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists a room's members, the oldest member first.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.ListMembers
   */
  listMembers: {
    request: ListMembersRequest;
    answer: {
      members: Member[];
      pagination: Pagination;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Adds a user to a private room that the caller is a member of.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.AddMember
   */
  addMember: {
    request: AddMemberRequest;
    answer: {
      room: Room;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "ROOM_NOT_FOUND" | "USER_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Removes a member from a room that the caller has created.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.RemoveMember
   */
  removeMember: {
    request: RemoveMemberRequest;
    answer: {
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "FORBIDDEN" | "ROOM_NOT_FOUND" | "USER_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Marks a room as read: up to a seq, or all of it. What has been read stays read.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.MarkRead
   */
  markRead: {
    request: MarkReadRequest;
    answer: {
      membership: Membership;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Marks a room as unread from a message on. The caller's own sockets alone are
   * notified.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.MarkUnread
   */
  markUnread: {
    request: MarkUnreadRequest;
    answer: {
      membership: Membership;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
  /**
   * Lists up to where each member has read, in rooms of up to 100 members.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.ListReads
   */
  listReads: {
    request: ListReadsRequest;
    answer: {
      reads: Read[];
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL" | "LIMIT_REACHED";
  };
  /**
   * Sets of which messages of a room the caller wants to be notified.
   *
   * @generated from rpc aetherconnect.message.v1.RoomService.SetNotify
   */
  setNotify: {
    request: SetNotifyRequest;
    answer: {
      membership: Membership;
    };
    failure: "VALIDATION_FAILED" | "AMBIGUOUS_CREDENTIALS" | "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "ORIGIN_FORBIDDEN" | "NOT_IN_ROOM" | "ROOM_NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "BUSY" | "UNAVAILABLE" | "INTERNAL";
  };
}

/**
 * Verb and path of each method, without the beginning that all have. What isn't in the
 * path is the query or the body.
 */
export const routes = {
  register: "POST auth/register",
  login: "POST auth/login",
  refreshSession: "POST auth/refresh",
  logout: "POST auth/logout",
  logoutAll: "POST auth/logout-all",
  changePassword: "POST auth/password",
  issueWsToken: "GET auth/ws-token",
  getProfile: "GET auth/profile",
  updateProfile: "PUT auth/profile",
  listSessions: "GET auth/sessions",
  endSession: "DELETE auth/sessions/:sessionId",
  findUser: "GET users",
  listMessages: "GET rooms/:roomId/messages",
  sendMessage: "POST rooms/:roomId/messages",
  editMessage: "PUT rooms/:roomId/messages/:seq",
  deleteMessage: "DELETE rooms/:roomId/messages/:seq",
  addReaction: "PUT rooms/:roomId/messages/:seq/reactions/:emoji",
  removeReaction: "DELETE rooms/:roomId/messages/:seq/reactions/:emoji",
  listReactions: "GET rooms/:roomId/messages/:seq/reactions/:emoji",
  pinMessage: "PUT rooms/:roomId/pins/:seq",
  unpinMessage: "DELETE rooms/:roomId/pins/:seq",
  listPins: "GET rooms/:roomId/pins",
  searchMessages: "GET messages/search",
  listMentions: "GET mentions",
  blockUser: "PUT users/:userId/block",
  unblockUser: "DELETE users/:userId/block",
  listBlocks: "GET blocks",
  listRooms: "GET rooms",
  listPublicRooms: "GET rooms/public",
  getRoom: "GET rooms/:roomId",
  createRoom: "POST rooms",
  openDirectRoom: "POST direct-messages",
  joinRoom: "POST rooms/:roomId/join",
  leaveRoom: "POST rooms/:roomId/leave",
  listMembers: "GET rooms/:roomId/members",
  addMember: "POST rooms/:roomId/members",
  removeMember: "DELETE rooms/:roomId/members/:userId",
  markRead: "POST rooms/:roomId/read",
  markUnread: "POST rooms/:roomId/unread",
  listReads: "GET rooms/:roomId/reads",
  setNotify: "PUT rooms/:roomId/notify",
} as const satisfies Record<keyof Methods, string>;

/** What every path begins with. */
export const pathStart = "/api/";

/** Failures that pass: the same may succeed later. */
export const passingCodes: readonly ErrorCode[] = [
  "RATE_LIMITED",
  "BUSY",
  "UNAVAILABLE",
  "INTERNAL",
  "FLOOD",
  "TOO_MANY_SOCKETS",
  "SLOW_CONSUMER",
];
