import type { FaultCounts, FaultLog, RunLog, SendLog } from "#tools/prove/check/run-log.ts";
import { createTally } from "#tools/prove/load/tally.ts";

type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T;

export const noCounts: FaultCounts = {
  ...createTally().counts,
  acksDropped: 0,
  commitsUnheard: 0,
  conflicts: 0,
  backendsLost: 0,
};

/** Twelve messages of two writers in one room, which two readers got as they should. */
export function goodLog(): Open<RunLog> {
  const seqs = Array.from({ length: 12 }, (_, i) => i + 1);
  const sends = seqs.map((seq): SendLog => {
    const client = seq % 2 === 0 ? "even" : "odd";
    return {
      client,
      roomId: "room",
      clientMessageId: `${client}_socket_${seq}`,
      content: `content ${seq}`,
      via: "socket",
      attempts: 1,
      firstAt: seq * 100,
      ack: { at: seq * 100 + 10, seq, id: `id-${seq}` },
    };
  });
  const messages = sends.map(({ clientMessageId, content }, i) => ({
    seq: i + 1,
    id: `id-${i + 1}`,
    clientMessageId,
    content,
    createdAt: (i + 1) * 100 + 5,
  }));
  const received = () => ({
    roomId: "room",
    isJoinedAtEnd: true,
    seqs: [...seqs],
    ids: seqs.map((seq) => `id-${seq}`),
    times: seqs.map((seq) => seq * 100 + 20),
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
    rooms: [{ roomId: "room", messages }],
    sends,
    clients: ["first", "second"].map((client) => ({ client, rooms: [received()] })),
    faults: [fault],
    wanted: ["drop-connections"],
    unexpectedEnds: [],
    limits: { silenceMs: 5_000 },
  };
}
