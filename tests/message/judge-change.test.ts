import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { AppError } from "#contract/errors.ts";
import { ChangeType, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { type Basis, judge, type MessageState } from "#message/store/judge-change.ts";
import type { Act } from "#message/store/store.ts";
import { range } from "./harness/services.ts";

const sent = new Date("2026-01-01T10:00:00.000Z");
const now = new Date("2026-01-01T11:00:00.000Z");
const [owner, ada, bob, eve] = ["owner", "ada", "bob", "eve"];
const edit: Act = { kind: "edit", content: "new", metadata: undefined };
const remove: Act = { kind: "delete" };
const react = (emoji: string, isOn = true): Act => ({ kind: "react", emoji, isOn });
const pin = (isOn = true): Act => ({ kind: "pin", isOn });

/** A room with one message, Ada's, that has changed seven times. */
function newBasis(roomType: RoomType = RoomType.PUBLIC): Basis {
  const time = timestampFromDate(sent);
  const message = create(MessageSchema, {
    seq: 1,
    userId: ada,
    content: "old",
    metadata: { a: 1 },
    createdAt: time,
    updatedAt: time,
    revision: 7,
  });
  return {
    room: { roomType, createdBy: owner, lastRevision: 9 },
    members: new Set([owner, ada, bob]),
    blocked: new Set(),
    messages: new Map([[1, { message, reactors: new Map() }]]),
    pins: { count: 0, lastAt: undefined },
    at: now,
  };
}

/** Judges one act after the other; answers the last outcome. */
function after(basis: Basis | undefined, ...acts: [userId: string, act: Act][]) {
  let judged: MessageState & { change?: ChangeType | undefined } = { ...assertState(basis) };
  for (const [userId, act] of acts) judged = judge(basis, { roomId: "r", seq: 1, userId, act });
  return judged;
}

const assertState = (basis: Basis | undefined) => basis?.messages.get(1) ?? assert.fail();

function codeOf(basis: Basis | undefined, userId: string, act: Act, seq = 1): string {
  try {
    judge(basis, { roomId: "r", seq, userId, act });
    return "OK";
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

describe("a change of a message", () => {
  test("is refused in one order: room, membership, message, right", () => {
    const acts = [edit, remove, react("👍"), pin()];
    for (const act of acts) {
      assert.equal(codeOf(undefined, ada, act), "ROOM_NOT_FOUND");
      assert.equal(codeOf(newBasis(RoomType.PRIVATE), eve, act, 2), "ROOM_NOT_FOUND");
      assert.equal(codeOf(newBasis(), eve, act, 2), "NOT_IN_ROOM");
      assert.equal(codeOf(newBasis(), bob, act, 2), "MESSAGE_NOT_FOUND");
    }
    const codes = (roomType: RoomType, userId: string) =>
      acts.map((act) => codeOf(newBasis(roomType), userId, act));
    assert.deepEqual(codes(RoomType.PUBLIC, owner), ["FORBIDDEN", "OK", "OK", "OK"]);
    assert.deepEqual(codes(RoomType.PUBLIC, ada), ["OK", "OK", "OK", "FORBIDDEN"]);
    assert.deepEqual(codes(RoomType.PUBLIC, bob), ["FORBIDDEN", "FORBIDDEN", "OK", "FORBIDDEN"]);
    assert.deepEqual(codes(RoomType.PRIVATE, bob), ["FORBIDDEN", "FORBIDDEN", "OK", "OK"]);
  });

  test("takes the room's next revision, and none where there is nothing to change", () => {
    const basis = newBasis();
    assert.equal(after(basis, [ada, edit]).message.revision, 10);
    assert.equal(after(basis, [bob, react("👍")]).message.revision, 11);
    for (const [userId, act] of [
      [ada, edit],
      [bob, react("👍")],
      [bob, react("👎", false)],
      [owner, pin(false)],
    ] as const) {
      const { message, change } = after(basis, [userId, act]);
      assert.deepEqual([message.revision, change], [11, undefined]);
    }
    assert.equal(basis.room.lastRevision, 11);
  });

  test("keeps metadata that an edit says nothing of, and moves the times of the content alone", () => {
    const basis = newBasis();
    const { message, change } = after(basis, [ada, edit]);
    assert.equal(change, ChangeType.EDITED);
    assert.deepEqual([message.content, message.metadata], ["new", { a: 1 }]);
    assert.deepEqual([message.editedAt, message.updatedAt].map(toDate), [now, now]);
    assert.deepEqual(toDate(message.createdAt), sent);
    const more = after(basis, [ada, { kind: "edit", content: "new", metadata: { b: 2 } }]);
    assert.deepEqual([more.message.metadata, more.message.revision], [{ b: 2 }, 11]);
    const reacted = after(newBasis(), [bob, react("👍")], [owner, pin()]);
    assert.deepEqual([reacted.message.updatedAt, reacted.message.pinnedAt].map(toDate), [
      sent,
      now,
    ]);
  });

  test("of a deleted message leaves its place alone, and can't be changed but deleted again", () => {
    const basis = newBasis();
    const { message, change } = after(
      basis,
      [bob, react("👍")],
      [ada, edit],
      [owner, pin()],
      [owner, remove],
    );
    assert.equal(change, ChangeType.DELETED);
    const { seq, userId, content, metadata, reactions, pinnedAt, pinnedBy, deletedBy } = message;
    assert.deepEqual(
      { seq, userId, content, metadata, reactions, pinnedAt, pinnedBy, deletedBy },
      {
        ...{ seq: 1, userId: ada, content: "", metadata: undefined, reactions: [] },
        ...{ pinnedAt: undefined, pinnedBy: undefined, deletedBy: owner },
      },
    );
    assert.equal(basis.pins.count, 0);
    const codes = [edit, remove, react("👍", false), pin(false)].map((it) =>
      codeOf(basis, ada, it),
    );
    const gone = "MESSAGE_NOT_FOUND";
    assert.deepEqual(codes, [gone, "OK", gone, gone]);
    assert.equal(codeOf(basis, bob, remove), "FORBIDDEN");
    assert.equal(basis.room.lastRevision, message.revision);
  });

  test("counts reactions in the order of first use, and names the first twenty users", () => {
    const basis = newBasis();
    const crowd = range(1, 25).map((n) => `user${n}`);
    basis.members = new Set([...basis.members, ...crowd]);
    after(basis, [bob, react("👎")], ...crowd.map((id) => [id, react("👍")] as [string, Act]));
    const { message } = after(basis, ["user3", react("👍", false)], ["user3", react("👍")]);
    assert.deepEqual(message.reactions.map(plain), [
      { emoji: "👎", count: 1, userIds: [bob] },
      { emoji: "👍", count: 25, userIds: crowd.filter((id) => id !== "user3").slice(0, 20) },
    ]);
    const again = after(basis, [bob, react("👎", false)], [bob, react("👎")]);
    assert.deepEqual(
      again.message.reactions.map(({ emoji }) => emoji),
      ["👍", "👎"],
    );
  });

  test("takes twenty different emoji, and as many of each as there are", () => {
    const basis = newBasis();
    const faces = range(1, 20).map((n) => `:face_${n}:`);
    after(basis, ...faces.map((emoji) => [ada, react(emoji)] as [string, Act]));
    const refused = () => judge(basis, { roomId: "r", seq: 1, userId: bob, act: react("👍") });
    assert.throws(refused, {
      code: "LIMIT_REACHED",
      faults: [{ path: "reactions", message: "must be at most 20" }],
    });
    assert.equal(codeOf(basis, bob, react(":face_1:")), "OK");
    after(basis, [ada, react(":face_2:", false)]);
    assert.equal(codeOf(basis, bob, react("👍")), "OK");
  });

  test("pins fifty messages of a room, each later than the one before", () => {
    const basis = newBasis();
    basis.pins = { count: 49, lastAt: now };
    const { message } = after(basis, [owner, pin()]);
    assert.deepEqual(toDate(message.pinnedAt), new Date(now.getTime() + 1));
    assert.equal(message.pinnedBy, owner);
    basis.messages.set(2, newBasis().messages.get(1) ?? assert.fail());
    assert.equal(codeOf(basis, owner, pin(), 2), "LIMIT_REACHED");
    const { message: unpinned, change } = after(basis, [owner, pin(false)]);
    assert.deepEqual(
      [unpinned.pinnedAt, unpinned.pinnedBy, change],
      [undefined, undefined, ChangeType.PINNED],
    );
    assert.equal(codeOf(basis, owner, pin(), 2), "OK");
  });
});

const toDate = (time: Parameters<typeof timestampDate>[0] | undefined) =>
  time && timestampDate(time);
const plain = ({ emoji, count, userIds }: { emoji: string; count: number; userIds: string[] }) => {
  return { emoji, count, userIds };
};
