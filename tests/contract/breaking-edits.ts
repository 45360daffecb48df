/** An edit of a contract's file and the finding that it has to lead to. */
export interface Edit {
  kind: string;
  file: string;
  from: string;
  to: string;
  /** The finding as one line. */
  finding: RegExp;
}

const auth = "aetherconnect/auth/v1/auth.proto";
const errors = "aetherconnect/error/v1/error.proto";
const message = "aetherconnect/message/v1/message.proto";
const room = "aetherconnect/message/v1/room.proto";
const pagination = "aetherconnect/message/v1/pagination.proto";
const realtime = "aetherconnect/realtime/v1/realtime.proto";

/** One break of each kind; they don't touch one another. */
export const breakingEdits: readonly Edit[] = [
  {
    kind: "renamed field",
    file: room,
    from: "uint32 member_count = 9;",
    to: "uint32 members_count = 9;",
    finding: /^breaking +field_same_name .*"member_count" to "members_count"/,
  },
  {
    kind: "removed method",
    file: room,
    from: `  // Answers a room. A private one of others is not found.
  rpc GetRoom(GetRoomRequest) returns (GetRoomResponse) {
    option (aetherconnect.options.v1.access) = ACCESS_USER;
    option (aetherconnect.options.v1.fails) = ERROR_REASON_ROOM_NOT_FOUND;
    option (aetherconnect.options.v1.rest) = {
      get: "/api/rooms/{room_id}"
      message: "Room retrieved successfully"
    };
  }
`,
    to: "",
    finding: /^breaking +rpc_no_delete .*"GetRoom"/,
  },
  {
    kind: "changed type",
    file: pagination,
    from: "uint32 total_items = 3;",
    to: "uint64 total_items = 3;",
    finding: /^breaking +field_same_type .*"uint32" to "uint64"/,
  },
  {
    kind: "access",
    file: auth,
    from: `rpc GetUsers(GetUsersRequest) returns (GetUsersResponse) {
    option (aetherconnect.options.v1.access) = ACCESS_SERVICE;`,
    to: `rpc GetUsers(GetUsersRequest) returns (GetUsersResponse) {
    option (aetherconnect.options.v1.access) = ACCESS_ANYONE;`,
    finding: /^breaking +access +aetherconnect\.auth\.v1\.AuthService\.GetUsers: SERVICE → ANYONE$/,
  },
  {
    kind: "path",
    file: auth,
    from: 'get: "/api/auth/sessions"',
    to: 'get: "/api/auth/logins"',
    finding:
      /^breaking +route .*\.ListSessions: GET \/api\/auth\/sessions → GET \/api\/auth\/logins$/,
  },
  {
    kind: "verb",
    file: auth,
    from: 'put: "/api/auth/profile"',
    to: 'post: "/api/auth/profile"',
    finding: /^breaking +route .*\.UpdateProfile: PUT .* → POST /,
  },
  {
    kind: "status",
    file: auth,
    from: "      status: 201\n",
    to: "",
    finding: /^breaking +status .*\.Register: 201 → 200$/,
  },
  {
    kind: "duplicate status",
    file: message,
    from: "duplicate_status: 200",
    to: "duplicate_status: 208",
    finding: /^breaking +duplicate status .*\.SendMessage: 200 → 208$/,
  },
  {
    kind: "text",
    file: auth,
    from: '"Login successful"',
    to: '"Welcome back"',
    finding: /^breaking +text .*\.Login: Login successful → Welcome back$/,
  },
  {
    kind: "text of an empty list",
    file: room,
    from: '"No rooms joined yet."',
    to: '"No rooms."',
    finding: /^breaking +empty text .*\.ListRooms: No rooms joined yet\. → No rooms\.$/,
  },
  {
    kind: "envelope",
    file: auth,
    from: `envelope: {field: "token"}`,
    to: `envelope: {field: "token" name: "wsToken"}`,
    finding: /^breaking +envelope token .*\.IssueWsToken: token → none$/,
  },
  {
    kind: "envelope that becomes bare",
    file: auth,
    from: 'message: "User found"',
    to: 'message: "User found"\n      bare: true',
    finding: /^breaking +envelope user .*\.FindUser: user → none$/,
  },
  {
    kind: "reason override",
    file: auth,
    from: "from: ERROR_REASON_USER_EXISTS",
    to: "from: ERROR_REASON_FORBIDDEN",
    finding: /^breaking +reasons .*\.UpdateProfile: .*USER_EXISTS.* → .*FORBIDDEN/,
  },
  {
    kind: "no_store",
    file: auth,
    from: `envelope: {field: "token" name: "wsToken"}
      no_store: true`,
    to: `envelope: {field: "token" name: "wsToken"}`,
    finding: /^breaking +no_store .*\.IssueWsToken: true → false$/,
  },
  {
    kind: "event name",
    file: realtime,
    from: 'name: "room_removed"',
    to: 'name: "room_gone"',
    finding: /^breaking +event name .*\.RoomRemoved: room_removed → room_gone$/,
  },
  {
    kind: "event direction",
    file: realtime,
    from: `name: "connected"
    direction: DIRECTION_TO_CLIENT`,
    to: `name: "connected"
    direction: DIRECTION_TO_SERVER`,
    finding: /^breaking +event direction .*\.Connected: TO_CLIENT → TO_SERVER$/,
  },
  {
    kind: "event access",
    file: realtime,
    from: "access: ACCESS_ANYONE",
    to: "access: ACCESS_USER",
    finding: /^breaking +event access .*\.Error: ANYONE → USER$/,
  },
  {
    kind: "event acknowledgement",
    file: realtime,
    from: 'ack: "aetherconnect.realtime.v1.LeaveRoomAck"',
    to: 'ack: "aetherconnect.realtime.v1.TypingStopAck"',
    finding: /^breaking +event ack .*\.LeaveRoom: .*LeaveRoomAck → .*TypingStopAck$/,
  },
  {
    kind: "event that needs a joined socket",
    file: realtime,
    from: 'ack: "aetherconnect.realtime.v1.JoinRoomAck"',
    to: 'ack: "aetherconnect.realtime.v1.JoinRoomAck"\n    must_join: true',
    finding: /^breaking +must_join .*\.JoinRoom: false → true$/,
  },
  {
    kind: "limit tightened",
    file: message,
    from: "string: {min_len: 1, max_len: 4000}",
    to: "string: {min_len: 1, max_len: 2000}",
    finding: /^breaking +limit max_len .*SendMessageRequest\.content: 4000 → 2000$/,
  },
  {
    kind: "pattern changed",
    file: message,
    from: "'^[A-Za-z0-9_-]{1,64}$'",
    to: "'^[a-z]{1,64}$'",
    finding: /^breaking +limit cel client_message_id .*SendMessageRequest\.client_message_id: /,
  },
  {
    kind: "rule added to a field",
    file: auth,
    from: "string page_token = 2;",
    to: "string page_token = 2 [(buf.validate.field).string.max_len = 10];",
    finding: /^breaking +limit max_len .*ListUsersRequest\.page_token: none → 10$/,
  },
  {
    kind: "rule on a message",
    file: message,
    from: ".size() <= 1",
    to: ".size() <= 0",
    finding: /^breaking +rule cel page .*ListMessagesRequest: /,
  },
  {
    kind: "limit of free-form JSON",
    file: message,
    from: "max_depth: 8",
    to: "max_depth: 4",
    finding: /^breaking +json limit max_depth .*SendMessageRequest\.metadata: 8 → 4$/,
  },
  {
    kind: "new field that has to be given",
    file: room,
    from: "  // What it is for, at most 1,000 code points.\n",
    to: `  // The topic.
  string topic = 9 [(buf.validate.field).string.min_len = 1];
  // What it is for, at most 1,000 code points.
`,
    finding: /^breaking +required field .*CreateRoomRequest\.topic: /,
  },
  {
    kind: "omit_if_unset",
    file: realtime,
    from: "optional bool reset = 4 [(aetherconnect.options.v1.omit_if_unset) = true];",
    to: "optional bool reset = 4;",
    finding: /^breaking +omit_if_unset .*JoinRoomAck\.reset: true → false$/,
  },
  {
    kind: "error text",
    file: errors,
    from: '"Room not found"',
    to: '"No such room"',
    finding: /^breaking +error text .*ROOM_NOT_FOUND: Room not found → No such room$/,
  },
  {
    kind: "error status and code",
    file: errors,
    from: `status: 403
    code: "permission_denied"
    message: "Not in this room"`,
    to: `status: 409
    code: "failed_precondition"
    message: "Not in this room"`,
    finding: /^breaking +error status .*NOT_IN_ROOM: 403 → 409$/,
  },
];
