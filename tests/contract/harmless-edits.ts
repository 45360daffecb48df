import type { Edit } from "./breaking-edits.ts";

const auth = "aetherconnect/auth/v1/auth.proto";
const errors = "aetherconnect/error/v1/error.proto";
const message = "aetherconnect/message/v1/message.proto";
const room = "aetherconnect/message/v1/room.proto";
const realtime = "aetherconnect/realtime/v1/realtime.proto";
const pagination = "aetherconnect/message/v1/pagination.proto";

/** What clients go on working with. */
export const harmlessEdits: readonly Edit[] = [
  {
    kind: "added method",
    file: room,
    from: "  // Creates a room; the caller is its first member.\n",
    to: `  // Counts rooms.
  rpc CountRooms(CountRoomsRequest) returns (CountRoomsResponse) {
    option (aetherconnect.options.v1.access) = ACCESS_USER;
    option (aetherconnect.options.v1.rest) = {get: "/api/room-count" message: "Counted"};
  }
  // Creates a room; the caller is its first member.
`,
    finding: /^added +method .*RoomService\.CountRooms: /,
  },
  {
    kind: "added messages",
    file: room,
    from: "// A new room.\n",
    to: `// Asks for a count.
message CountRoomsRequest {}

// A count.
message CountRoomsResponse {
  // Rooms in all.
  uint32 count = 1;
}

// A new room.
`,
    finding: /^added +message .*CountRoomsResponse: /,
  },
  {
    kind: "added field",
    file: pagination,
    from: "bool has_previous = 6;",
    to: "bool has_previous = 6;\n  // Page of the newest.\n  optional uint32 last_page = 7;",
    finding: /^added +field .*Pagination\.last_page: /,
  },
  {
    kind: "rule on a message for a new field",
    file: room,
    from: "message CreateRoomRequest {\n",
    to: `message CreateRoomRequest {
  option (buf.validate.message) = {
    cel: {
      id: "topic"
      message: "needs a description"
      expression: "!has(this.topic) || has(this.description)"
    }
  };
  // What it is about.
  optional string topic = 90;
`,
    finding: /^added +rule .*CreateRoomRequest: topic$/,
  },
  {
    kind: "added part of an envelope",
    file: auth,
    from: `get: "/api/auth/ws-token"
      envelope: {field: "token"}`,
    to: `get: "/api/auth/ws-token"
      envelope: {field: "token"}
      envelope: {field: "token" name: "again"}`,
    finding: /^added +envelope .*IssueWsToken: again$/,
  },
  {
    kind: "added reason",
    file: errors,
    from: "  // The socket does not read what it is sent.\n",
    to: `  // The room is full.
  ERROR_REASON_ROOM_FULL = 90 [(entry) = {
    status: 409
    code: "failed_precondition"
    message: "Room is full"
  }];
  // The socket does not read what it is sent.
`,
    finding: /^added +error .*ROOM_FULL: /,
  },
  {
    kind: "added failure",
    file: auth,
    from: `rpc Logout(LogoutRequest) returns (LogoutResponse) {
`,
    to: `rpc Logout(LogoutRequest) returns (LogoutResponse) {
    option (aetherconnect.options.v1.fails) = ERROR_REASON_SESSION_NOT_FOUND;
`,
    finding: /^added +failure .*AuthService\.Logout: SESSION_NOT_FOUND$/,
  },
  {
    kind: "removed failure",
    file: message,
    from: "    option (aetherconnect.options.v1.fails) = ERROR_REASON_NOT_IN_ROOM;\n",
    to: "",
    finding: /^changed +failure .*MessageService\.SendMessage: NOT_IN_ROOM → none$/,
  },
  {
    kind: "added and removed failure of an event",
    file: realtime,
    from: "      ERROR_REASON_ROOM_NOT_FOUND,\n",
    to: "      ERROR_REASON_FORBIDDEN,\n",
    finding: /^added +failure .*realtime\.v1\.JoinRoom: FORBIDDEN$/,
  },
  {
    kind: "event that needs no joined socket any more",
    file: realtime,
    from: "    must_join: true\n",
    to: "",
    finding: /^changed +must_join .*\.TypingStart: true → false$/,
  },
  {
    kind: "limit loosened",
    file: message,
    from: "string: {min_len: 1, max_len: 4000}",
    to: "string: {min_len: 1, max_len: 8000}",
    finding: /^changed +limit max_len .*SendMessageRequest\.content: 4000 → 8000$/,
  },
];
