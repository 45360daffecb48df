import type { Edit } from "./breaking-edits.ts";

const auth = "aetherconnect/auth/v1/auth.proto";
const errors = "aetherconnect/error/v1/error.proto";
const message = "aetherconnect/message/v1/message.proto";
const room = "aetherconnect/message/v1/room.proto";
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
    kind: "limit loosened",
    file: message,
    from: "string: {min_len: 1, max_len: 4000}",
    to: "string: {min_len: 1, max_len: 8000}",
    finding: /^changed +limit max_len .*SendMessageRequest\.content: 4000 → 8000$/,
  },
];
