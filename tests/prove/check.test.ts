import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRun } from "#tools/prove/check/check.ts";
import type { Violation } from "#tools/prove/check/violations.ts";
import { goodLog } from "./good-log.ts";

type Log = ReturnType<typeof goodLog>;
type Room = Log["clients"][number]["rooms"][number];

const first = <T>([it]: readonly T[]): T => {
  assert.ok(it);
  return it;
};
const stream = (log: Log): Room => first(first(log.clients).rooms);
const stored = (log: Log) => first(log.rooms).messages;
/** Puts what came at one place to another. */
const move = (room: Room, from: number, to: number) => {
  for (const list of [room.seqs, room.ids, room.times] as unknown[][]) {
    list.splice(to, 0, ...list.splice(from, 1));
  }
};
const removed = (room: Room, at: number) => {
  for (const list of [room.seqs, room.ids, room.times]) list.splice(at, 1);
};

test("a good log is good", () => {
  const verdict = checkRun(goodLog());
  assert.deepEqual(verdict.examples, []);
  assert.equal(verdict.isGood, true);
  assert.equal(verdict.sent, 12);
  assert.equal(verdict.acknowledged, 12);
  assert.equal(verdict.stored, 12);
  assert.equal(verdict.delivered, 24);
  assert.equal(verdict.longestSilenceMs, 400);
  assert.equal(verdict.quietDelivery?.longest, 15);
});

const broken: {
  what: string;
  breakIt: (log: Log) => void;
  counts: Partial<Record<Violation, number>>;
}[] = [
  {
    what: "an acknowledged message that is not in the store",
    breakIt(log) {
      stored(log).pop();
      for (const client of log.clients) removed(first(client.rooms), 11);
    },
    counts: { lost: 1 },
  },
  {
    what: "a message that never reached a reader, in the middle",
    breakIt: (log) => removed(stream(log), 4),
    counts: { gap: 1, undelivered: 1 },
  },
  {
    what: "a message that never reached a reader, at the end",
    breakIt: (log) => removed(stream(log), 11),
    counts: { undelivered: 1 },
  },
  {
    what: "a message that came twice",
    breakIt(log) {
      const room = stream(log);
      room.seqs.push(3);
      room.ids.push("id-3");
      room.times.push(1_300);
    },
    counts: { duplicated: 1 },
  },
  {
    what: "two messages in the wrong order",
    breakIt: (log) => move(stream(log), 5, 6),
    counts: { gap: 1, disordered: 1 },
  },
  {
    what: "a message that is stored twice under its clientMessageId",
    breakIt(log) {
      const again = { ...first(stored(log)), seq: 13, id: "id-13" };
      stored(log).push(again);
      for (const client of log.clients) {
        const room = first(client.rooms);
        room.seqs.push(13);
        room.ids.push("id-13");
        room.times.push(1_320);
      }
    },
    counts: { duplicated: 1 },
  },
  {
    what: "a number that the store left out",
    breakIt(log) {
      stored(log).splice(6, 1);
      log.sends.splice(6, 1);
      for (const client of log.clients) removed(first(client.rooms), 6);
    },
    counts: { gap: 3 },
  },
  {
    what: "a number that two messages had",
    breakIt(log) {
      stream(log).ids[2] = "another";
    },
    counts: { altered: 1 },
  },
  {
    what: "content that came out of the store as something else",
    breakIt(log) {
      first(stored(log)).content = "changed";
    },
    counts: { altered: 1 },
  },
  {
    what: "a sender's messages that were turned round",
    breakIt(log) {
      const [one, , three] = log.sends;
      assert.ok(one?.ack && three?.ack);
      [one.clientMessageId, three.clientMessageId] = [three.clientMessageId, one.clientMessageId];
      [one.content, three.content] = [three.content, one.content];
      [one.ack, three.ack] = [three.ack, one.ack];
    },
    counts: { senderDisordered: 1 },
  },
  {
    what: "a message that was never acknowledged",
    breakIt(log) {
      first(log.sends).ack = undefined;
    },
    counts: { unacknowledged: 1 },
  },
  {
    what: "a reader that is not joined at the end",
    breakIt(log) {
      stream(log).isJoinedAtEnd = false;
    },
    counts: { notJoined: 1 },
  },
  {
    what: "a fault without effect",
    breakIt(log) {
      first(log.faults).effect = 0;
    },
    counts: { noEffect: 1 },
  },
  {
    what: "a fault that was not injected",
    breakIt: (log) => void log.wanted.push("kill-postgres"),
    counts: { notInjected: 1 },
  },
  {
    what: "a silence above the limit",
    breakIt(log) {
      first(log.faults).wholeAfterMs = 5_001;
    },
    counts: { silence: 1 },
  },
  {
    what: "a fault after which nothing was whole again",
    breakIt(log) {
      first(log.faults).wholeAfterMs = undefined;
    },
    counts: { silence: 1 },
  },
  {
    what: "a slow delivery while nothing was broken",
    breakIt(log) {
      log.faults = [];
      log.wanted = [];
      stream(log).times[11] = 7_000;
    },
    counts: { silence: 1 },
  },
  {
    what: "a process that ended by itself",
    breakIt: (log) => void log.unexpectedEnds.push("message-1: exit code 1"),
    counts: { ended: 1 },
  },
];

for (const { what, breakIt, counts } of broken) {
  test(`it fails by ${what}`, () => {
    const log = goodLog();
    breakIt(log);
    const verdict = checkRun(log);
    assert.equal(verdict.isGood, false);
    assert.deepEqual(verdict.counts, counts, JSON.stringify(verdict.examples, null, 1));
  });
}

test("a message that fell behind by a failed attempt is its sender's doing", () => {
  const log = goodLog();
  const [one, , three] = log.sends;
  assert.ok(one?.ack && three?.ack);
  [one.clientMessageId, three.clientMessageId] = [three.clientMessageId, one.clientMessageId];
  [one.content, three.content] = [three.content, one.content];
  [one.ack, three.ack] = [three.ack, one.ack];
  one.attempts = 2;
  const verdict = checkRun(log);
  assert.deepEqual(verdict.examples, []);
  assert.equal(verdict.turnedByFailure, 1);
});
