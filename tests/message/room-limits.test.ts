import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ListRoomsResponse,
  ListRoomsResponseSchema,
  NotifyLevel,
  Role,
  RoomSchema,
  RoomType,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import { withinBytes } from "#message/rooms/last-messages.ts";
import { lastMessagesBytes, mostRooms } from "#message/store/room-limits.ts";

const mostBytes = 4 * 1024 * 1024;
const userId = "9".repeat(18);
const at = timestampFromMs(Date.parse("2099-12-31T23:59:59.999Z"));

/** A user's rooms, each as large as can be, of one character. */
function roomsOf(character: string): ListRoomsResponse {
  const room = {
    id: "f".repeat(24),
    name: character.repeat(100),
    description: character.repeat(1_000),
    roomType: RoomType.PRIVATE,
    createdBy: userId,
    members: Array.from({ length: 100 }, () => userId),
    createdAt: at,
    updatedAt: at,
    memberCount: 0xffff_ffff,
    lastSeq: 0xffff_ffff,
    lastRevision: 0xffff_ffff,
    membership: {
      role: Role.MODERATOR,
      joinedAt: at,
      readSeq: 0xffff_ffff,
      unreadCount: 0xffff_ffff,
      mentionCount: 0xffff_ffff,
      notify: NotifyLevel.MENTIONS,
      isMuted: true,
      mutedUntil: at,
    },
  };
  const content = character.repeat(4_000);
  const lastMessage = { content, username: character.repeat(100), createdAt: at, updatedAt: at };
  const rooms = Array.from({ length: mostRooms }, () =>
    create(RoomSchema, { ...room, lastMessage }),
  );
  const fitting = withinBytes(rooms, lastMessagesBytes);
  assert.ok(fitting.some((it) => it.lastMessage) && fitting.some((it) => !it.lastMessage));
  return create(ListRoomsResponseSchema, { rooms: fitting });
}

test("as many rooms as a user may be in can be answered, however large they are", () => {
  for (const character of ["\u{10ffff}", "\u0001", '"', "x"]) {
    const rooms = roomsOf(character);
    assert.ok(toBinary(ListRoomsResponseSchema, rooms).length < mostBytes);
    assert.ok(Buffer.byteLength(toJsonString(ListRoomsResponseSchema, rooms)) < mostBytes);
  }
});
