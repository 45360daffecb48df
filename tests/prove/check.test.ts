import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRun } from "#tools/prove/check/check.ts";
import type { ActKind } from "#tools/prove/check/run-log.ts";
import type { Violation } from "#tools/prove/check/violations.ts";
import { goodLog, unchangedState } from "./good-log.ts";

type Log = ReturnType<typeof goodLog>;
type Room = Log["clients"][number]["rooms"][number];

const first = <T>([it]: readonly T[]): T => {
  assert.ok(it);
  return it;
};
const stream = (log: Log): Room => first(first(log.clients).rooms);
const stored = (log: Log) => first(log.rooms).messages;
const listed = (log: Log) => first(first(log.clients).list);
const message = (log: Log, seq: number) => stored(log)[seq - 1] ?? assert.fail();
const act = (log: Log, kind: ActKind) =>
  log.acts.find((it) => it.act.kind === kind) ?? assert.fail();
/** Puts what came at one place to another. */
const move = (room: Room, from: number, to: number) => {
  for (const list of [room.seqs, room.ids, room.times, room.revisions] as unknown[][]) {
    list.splice(to, 0, ...list.splice(from, 1));
  }
};
const removed = (room: Room, at: number) => {
  for (const list of [room.seqs, room.ids, room.times, room.revisions]) list.splice(at, 1);
};

test("a good log is good", () => {
  const verdict = checkRun(goodLog());
  assert.deepEqual(verdict.examples, []);
  assert.equal(verdict.isGood, true);
  assert.equal(verdict.sent, 12);
  assert.equal(verdict.acknowledged, 12);
  assert.equal(verdict.stored, 12);
  assert.equal(verdict.delivered, 24);
  assert.equal(verdict.changes, 8);
  assert.equal(verdict.replies, 1);
  assert.deepEqual(verdict.acts.edit, { done: 1, refused: 0, inDoubt: 0 });
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
    breakIt: (log) => removed(stream(log), 5),
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
      room.revisions.push(0);
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
        room.revisions.push(0);
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
    counts: { altered: 1, staleContent: 2 },
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
    what: "a change that never reached a client",
    breakIt(log) {
      stream(log).states[4] = unchangedState(4);
    },
    counts: { staleContent: 1 },
  },
  {
    what: "reactions and a pin of before",
    breakIt(log) {
      for (const seq of [5, 9]) stream(log).states[seq] = unchangedState(seq);
    },
    counts: { staleReactions: 1, stalePin: 1 },
  },
  {
    what: "a change that came twice",
    breakIt(log) {
      stream(log).changes.revisions = [1, 2, 2, 4];
    },
    counts: { changeDuplicated: 1 },
  },
  {
    what: "changes in the wrong order",
    breakIt(log) {
      stream(log).changes.revisions = [1, 3, 2, 4];
    },
    counts: { changeDisordered: 1 },
  },
  {
    what: "a change that a resume had brought already",
    breakIt(log) {
      const { changes } = stream(log);
      changes.seqs = [0, 10];
      changes.revisions = [4, 4];
      changes.isLive = [false, true];
    },
    counts: { changeDuplicated: 1 },
  },
  {
    what: "a change that a message had already",
    breakIt(log) {
      stream(log).revisions[8] = 3;
    },
    counts: { changeDuplicated: 1 },
  },
  {
    what: "a change before its message",
    breakIt(log) {
      stream(log).changes.after[3] = 9;
    },
    counts: { changeEarly: 1 },
  },
  {
    what: "acknowledged acts that are not in the store",
    breakIt(log) {
      act(log, "edit").act = { kind: "edit", roomId: "room", seq: 4, content: "another" };
      act(log, "pin").act = { kind: "pin", roomId: "room", seq: 9, isOn: false };
      act(log, "block").act = { kind: "block", peerId: "2", isOn: false };
      act(log, "delete").act = { kind: "delete", roomId: "room", seq: 12 };
      act(log, "react").userId = "1";
    },
    counts: { lostAct: 5 },
  },
  {
    what: "a deleted message that keeps its content",
    breakIt(log) {
      message(log, 10).content = "content 10";
    },
    counts: { lostAct: 1, staleContent: 2 },
  },
  {
    what: "an act that was never acknowledged",
    breakIt(log) {
      act(log, "unread").ack = undefined;
    },
    counts: { unacknowledged: 1, lostMark: 1 },
  },
  {
    what: "an edit that was refused without a reason, and is stored",
    breakIt(log) {
      Object.assign(act(log, "edit"), { ack: undefined, refusal: "INTERNAL" });
    },
    counts: { refused: 1, refusedStored: 1 },
  },
  {
    what: "a message that was refused, and is stored",
    breakIt(log) {
      Object.assign(first(log.sends), { ack: undefined, refusal: "BLOCKED" });
    },
    counts: { refused: 1, refusedStored: 1 },
  },
  {
    what: "replies that were not counted",
    breakIt(log) {
      stream(log).threads = {};
    },
    counts: { miscounted: 1 },
  },
  {
    what: "a direct room that is missing from a list",
    breakIt: (log) => void first(log.clients).list.pop(),
    counts: { missedRoom: 1 },
  },
  {
    what: "a room that is in a list and not in the store's",
    breakIt: (log) => void first(log.users).rooms.pop(),
    counts: { strayRoom: 1 },
  },
  {
    what: "two rooms for a pair",
    breakIt(log) {
      act(log, "open").ack = { at: 1_310, roomId: "another" };
    },
    counts: { doubledRoom: 1 },
  },
  {
    what: "a list that doesn't show the last change, or the last line",
    breakIt(log) {
      listed(log).lastRevision = 3;
      const [, { list = [] } = {}] = log.clients;
      first(list).lastMessage = null;
    },
    counts: { staleRoom: 2 },
  },
  {
    what: "a wrong unread count",
    breakIt(log) {
      listed(log).unreadCount = 4;
    },
    counts: { wrongUnread: 1 },
  },
  {
    what: "a mention that its user hasn't heard",
    breakIt(log) {
      const [, second] = log.clients;
      Object.assign(second ?? {}, { mentioned: [] });
    },
    counts: { unheard: 1 },
  },
  {
    what: "a mention that came twice",
    breakIt(log) {
      const [, { mentioned = [] } = {}] = log.clients;
      mentioned.push(first(mentioned));
    },
    counts: { heardTwice: 1 },
  },
  {
    what: "a mention of somebody else than was asked for",
    breakIt(log) {
      message(log, 11).mentions = ["3"];
    },
    counts: { altered: 1, staleContent: 2 },
  },
  {
    what: "mention counts of before, in the store and at a client",
    breakIt(log) {
      first(first(log.users).rooms).mentionCount = 1;
    },
    counts: { wrongMentions: 2 },
  },
  {
    what: "a device that hasn't heard of a read mark",
    breakIt(log) {
      listed(log).readSeq = 12;
    },
    counts: { wrongRead: 1 },
  },
  {
    what: "a read mark that is lost in the store",
    breakIt(log) {
      const [, { rooms = [] } = {}] = log.users;
      const [, { list = [] } = {}] = log.clients;
      for (const room of [first(rooms), first(list)]) {
        room.readSeq = 10;
        room.unreadCount = 2;
      }
    },
    // It brings back a mention.
    counts: { lostMark: 1, wrongMentions: 1 },
  },
  {
    what: "a user who is shown to be offline, and one to whom a blocker is shown",
    breakIt(log) {
      first(log.clients).presences["2"] = "offline";
      const [, second] = log.clients;
      Object.assign(second?.presences ?? {}, { "1": "online" });
    },
    counts: { wrongPresence: 2 },
  },
  {
    what: "snapshots that showed a message twice, and before another",
    breakIt(log) {
      first(log.clients).misshown.push(
        { violation: "duplicated", text: "3 is shown after 3" },
        { violation: "disordered", text: "3 is shown after 4" },
      );
    },
    counts: { duplicated: 1, disordered: 1 },
  },
  {
    what: "an outbox that holds something back at the end",
    breakIt: (log) => void first(log.clients).pending.push("send, pending"),
    counts: { pending: 1 },
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
