import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { writerOf } from "#contract/wire/writer.ts";
import {
  MessageSchema,
  MessageType,
  SendMessageResponseSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomSchema, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import {
  JoinRoomAckSchema,
  LeaveRoomAckSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { answerWriterOf } from "#message/socket/events/answer-text.ts";

const at = timestampFromDate(new Date(1_700_000_000_123));
const room = create(RoomSchema, {
  id: "r",
  name: 'a "room"',
  roomType: RoomType.PUBLIC,
  createdAt: at,
});
const messages = [1, 2].map((seq) =>
  create(MessageSchema, {
    seq,
    content: 'é\u2028"\\\n',
    messageType: MessageType.TEXT,
    metadata: { a: [null, 1] },
    createdAt: at,
  }),
);

test("acknowledgements are written as the writer would, whoever shares their parts", () => {
  const join = answerWriterOf(JoinRoomAckSchema);
  for (const init of [
    { room, messages, hasMore: true },
    { room, messages: messages.slice(1), hasMore: false, reset: true },
    { room, messages: [], hasMore: false },
    {},
  ]) {
    assert.deepEqual(JSON.parse(join(create(JoinRoomAckSchema, init))), {
      success: true,
      ...writerOf(JoinRoomAckSchema)(create(JoinRoomAckSchema, init)),
    });
  }
  const [data] = messages;
  for (const init of [{ data }, { data, duplicate: true }]) {
    assert.deepEqual(
      JSON.parse(
        answerWriterOf(SendMessageResponseSchema)(create(SendMessageResponseSchema, init)),
      ),
      {
        success: true,
        ...writerOf(SendMessageResponseSchema)(create(SendMessageResponseSchema, init)),
      },
    );
  }
  assert.equal(answerWriterOf(LeaveRoomAckSchema)(create(LeaveRoomAckSchema)), '{"success":true}');
});
