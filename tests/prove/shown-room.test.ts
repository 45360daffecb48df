import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShownMessage } from "#sdk";
import type { Violation } from "#tools/prove/check/violations.ts";
import { createShownRoom } from "#tools/prove/load/shown-room.ts";
import { unchanged } from "#tools/rig/unchanged.ts";

/** `own`: the client whose snapshots are watched has written it. */
function message(seq: number, own?: string): ShownMessage {
  const at = new Date(seq).toISOString();
  return {
    id: own ?? `id-${seq}`,
    seq,
    roomId: "room",
    userId: own ? "me" : "other",
    username: "Ada",
    content: "",
    messageType: "text",
    metadata: null,
    clientMessageId: own ?? null,
    createdAt: at,
    updatedAt: at,
    ...unchanged,
    ...(seq === 0 && { status: "pending" as const }),
  };
}
const [one, two, three] = [message(1), message(2), message(3)];

const snapshots: { what: string; shown: ShownMessage[]; wrong: Violation[] }[] = [
  { what: "what is stored, then what waits", shown: [one, two, message(0, "a")], wrong: [] },
  { what: "an own message that is stored further on", shown: [one, message(4, "a")], wrong: [] },
  { what: "a gap", shown: [one, three], wrong: ["gap"] },
  { what: "a message twice", shown: [one, two, two], wrong: ["duplicated"] },
  { what: "messages out of order", shown: [two, one], wrong: ["disordered"] },
  {
    what: "a message behind one that waits",
    shown: [one, message(0, "a"), two],
    wrong: ["disordered"],
  },
  {
    what: "an own message that is stored and still waits",
    shown: [one, message(2, "a"), message(0, "a")],
    wrong: ["duplicated"],
  },
  {
    what: "own messages that have changed places",
    shown: [one, message(2, "b"), message(0, "a")],
    wrong: ["senderDisordered"],
  },
];

for (const { what, shown, wrong } of snapshots) {
  test(`a snapshot with ${what}`, () => {
    const room = createShownRoom("client", "room", "me");
    for (const own of ["a", "b"]) room.wrote(own);
    room.drawn(shown);
    room.drawn(shown);
    assert.deepEqual(
      room.misshown().map(({ violation }) => violation),
      wrong,
    );
  });
}

test("a stream with a gap and a repetition", () => {
  const room = createShownRoom("client", "room", "me");
  const heard = room.listen();
  for (const seq of [4, 5, 7, 8, 8]) heard(message(seq));
  assert.deepEqual(
    room.misshown().map(({ violation }) => violation),
    ["gap", "duplicated"],
  );
});

test("what was shown at some time, and as what it is shown in the end", () => {
  const room = createShownRoom("client", "room", "me");
  room.drawn([two]);
  room.drawn([one, two, three]);
  const { seqs, ids, threads, states } = room.received([
    two,
    { ...three, replyCount: 1, lastReplyAt: three.createdAt },
  ]);
  assert.deepEqual(seqs, [1, 2, 3]);
  assert.deepEqual(ids, ["id-1", "id-2", "id-3"]);
  assert.deepEqual(Object.keys(states), ["2", "3"]);
  assert.deepEqual(threads, { 3: { count: 1, lastAt: three.createdAt } });
});
