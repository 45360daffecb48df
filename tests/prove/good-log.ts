import type { MessageOut } from "#gen/socket-events.ts";
import { stateOf } from "#tools/prove/check/message-state.ts";
import type {
  Act,
  ActLog,
  FaultCounts,
  FaultLog,
  ListedRoom,
  RunLog,
  SendLog,
} from "#tools/prove/check/run-log.ts";
import { createTally } from "#tools/prove/load/tally.ts";
import { unchanged } from "#tools/rig/unchanged.ts";

type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T;

const noCounts: FaultCounts = {
  ...createTally().counts,
  acksDropped: 0,
  commitsUnheard: 0,
  conflicts: 0,
  backendsLost: 0,
};

const roomId = "room";
const at = (ms: number) => new Date(ms).toISOString();
/** What has become of the twelve messages: each change has the next revision. */
const changed: Record<number, Partial<MessageOut>> = {
  2: { replyCount: 1, lastReplyAt: at(805) },
  4: { revision: 1, content: "edited", editedAt: at(1_305), updatedAt: at(1_305) },
  5: { revision: 2, reactions: [{ emoji: "👍", count: 1, userIds: ["2"] }] },
  8: { replyTo: 2, threadSeq: 2 },
  9: { revision: 3, pinnedAt: at(1_305), pinnedBy: "1" },
  11: { mentions: ["2"] },
  10: { revision: 4, content: "", deletedAt: at(1_305), deletedBy: "2", updatedAt: at(1_305) },
};
const changedSeqs = [4, 5, 9, 10];

function message(seq: number): MessageOut {
  const client = seq % 2 === 0 ? "even" : "odd";
  return {
    id: `id-${seq}`,
    seq,
    roomId,
    userId: client === "even" ? "2" : "1",
    username: client,
    content: `content ${seq}`,
    messageType: "text",
    metadata: null,
    clientMessageId: `${client}_socket_${seq}`,
    createdAt: at(seq * 100 + 5),
    updatedAt: at(seq * 100 + 5),
    ...unchanged,
    ...changed[seq],
  };
}

function act(userId: string, what: Act, ackRoomId?: string): ActLog {
  const times = { firstAt: 1_300, ack: { at: 1_310, roomId: ackRoomId } };
  return {
    client: userId,
    userId,
    act: what,
    attempts: 1,
    isInDoubt: false,
    refusal: undefined,
    ...times,
  };
}

/** A message before its changes, as a client has it that has missed them. */
export const unchangedState = (seq: number) => {
  const { id, createdAt, replyTo, threadSeq, userId, username, clientMessageId } = message(seq);
  const sent = { id, createdAt, updatedAt: createdAt, replyTo, threadSeq, userId, username };
  return stateOf({ ...message(1), ...sent, clientMessageId, seq, content: `content ${seq}` });
};

/**
 * Twelve messages of two users in one room, four of them changed, which both got as they should, and
 * one that mentions one of them;
 * a direct room of the two, without messages, that one has opened.
 */
export function goodLog(): Open<RunLog> {
  const messages = Array.from({ length: 12 }, (_, i) => message(i + 1));
  const sends = messages.map(({ seq, id, userId, replyTo }): Open<SendLog> => {
    const client = userId === "2" ? "even" : "odd";
    return {
      client,
      userId,
      roomId,
      clientMessageId: `${client}_socket_${seq}`,
      content: `content ${seq}`,
      replyTo: replyTo ?? undefined,
      mentions: seq === 11 ? ["1", "2", "nobody"] : [],
      mentionsRoom: false,
      via: "socket",
      attempts: 1,
      isInDoubt: false,
      firstAt: seq * 100,
      ack: { at: seq * 100 + 10, seq, id },
      refusal: undefined,
    };
  });
  const acts = [
    act("2", { kind: "edit", roomId, seq: 4, content: "edited" }),
    act("2", { kind: "react", roomId, seq: 5, emoji: "👍", isOn: true }),
    act("1", { kind: "pin", roomId, seq: 9, isOn: true }),
    act("2", { kind: "delete", roomId, seq: 10 }),
    act("1", { kind: "unread", roomId, seq: 8 }),
    act("1", { kind: "open", peerId: "2" }, "direct"),
    act("2", { kind: "open", peerId: "1" }, "direct"),
    act("1", { kind: "block", peerId: "2", isOn: true }),
  ];
  const listOf = (userId: string): ListedRoom[] => {
    const readSeq = userId === "1" ? 7 : 12;
    const last = messages.at(-1);
    const empty = {
      lastSeq: 0,
      lastRevision: 0,
      lastMessage: null,
      readSeq: 0,
      unreadCount: 0,
      mentionCount: 0,
    };
    return [
      {
        roomId,
        lastSeq: 12,
        lastRevision: 4,
        lastMessage: last ? stateOf(last) : null,
        readSeq,
        unreadCount: 12 - readSeq,
        mentionCount: 0,
        peerId: null,
      },
      { roomId: "direct", ...empty, peerId: userId === "1" ? "2" : "1" },
    ];
  };
  const received = () => ({
    roomId,
    isJoinedAtEnd: true,
    isListed: true,
    seqs: messages.map(({ seq }) => seq),
    ids: messages.map(({ id }) => id),
    times: messages.map(({ seq }) => seq * 100 + 20),
    revisions: messages.map(() => 0),
    changes: {
      seqs: [...changedSeqs],
      revisions: changedSeqs.map((_, i) => i + 1),
      after: changedSeqs.map(() => 12),
      isLive: changedSeqs.map(() => true),
    },
    states: Object.fromEntries(messages.map((it) => [it.seq, stateOf(it)])),
    threads: { 2: { count: 1, lastAt: at(805) } },
  });
  const fault: FaultLog = {
    kind: "drop-connections",
    beside: undefined,
    target: "3 connections",
    startedAt: 5_000,
    endedAt: 5_001,
    wholeAfterMs: 400,
    counts: { ...noCounts, disconnects: 3, reconnects: 3 },
    effect: 3,
  };
  return {
    rooms: [
      { roomId, isPublic: false, messages },
      { roomId: "direct", isPublic: false, messages: [] },
    ],
    users: [
      { userId: "1", rooms: listOf("1"), blocked: ["2"] },
      { userId: "2", rooms: listOf("2"), blocked: [] },
    ],
    sends,
    acts,
    clients: ["1", "2"].map((userId) => ({
      client: userId === "1" ? "first" : "second",
      userId,
      rooms: [received()],
      list: listOf(userId),
      connections: [{ from: 0, to: undefined }],
      mentioned: userId === "2" ? [{ roomId, seq: 11, at: 1_120 }] : [],
      status: "online",
      // Who is blocked sees nothing of who blocks.
      presences: { "1": userId === "1" ? "online" : "offline", "2": "online" },
      misshown: [],
      pending: [],
    })),
    faults: [fault],
    wanted: ["drop-connections"],
    unexpectedEnds: [],
    limits: { silenceMs: 5_000 },
  };
}
