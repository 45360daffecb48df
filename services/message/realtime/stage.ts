import { budgets } from "#common/budgets.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";

export interface StageOptions {
  /** The number of the first message to release. */
  next: number;
  read: (from: number, to: number) => Promise<Message[]>;
  release: (message: Message) => void;
  /** A hole could not be filled: those who listen must resume from what they have. */
  onStuck: () => void;
  /** How long to try for a hole, milliseconds. */
  stuckAfterMs?: number;
}

/** Lets the messages of one room out in the order of their numbers, each once. */
export interface Stage {
  /** A message, from wherever: in order it goes out, ahead it waits, old it is dropped. */
  offer: (message: Message) => void;
  /** There are messages up to this number. */
  hint: (seq: number) => void;
  /** Resolves when everything up to this number is out; false if the stage closes before. */
  reached: (seq: number) => Promise<boolean>;
  close: () => void;
}

/** Messages often overtake each other by a moment; only a lasting hole is worth a read. */
const { missing: holeWaitMs, retry: retryMs, stuck: defaultStuckAfterMs } = budgets.delivery;
const readSize = 200;
const maxAhead = 1_000;

export function createStage(options: StageOptions): Stage {
  const { stuckAfterMs = defaultStuckAfterMs } = options;
  const ahead = new Map<number, Message>();
  let waiters: { seq: number; resolve: (isReached: boolean) => void }[] = [];
  let next = options.next;
  let known = next - 1;
  let timer: NodeJS.Timeout | undefined;
  let isFilling = false;
  let isClosed = false;

  const release = (message: Message) => {
    ahead.delete(message.seq);
    next = message.seq + 1;
    options.release(message);
  };
  const settle = () => {
    for (let message = ahead.get(next); message; message = ahead.get(next)) release(message);
    if (waiters.length > 0) {
      const reached = waiters.filter((it) => it.seq < next);
      waiters = waiters.filter((it) => it.seq >= next);
      for (const { resolve } of reached) resolve(true);
    }
    if (known >= next) schedule(holeWaitMs);
  };
  const schedule = (ms: number) => {
    if (!timer && !isFilling && !isClosed) timer = setTimeout(fill, ms);
  };
  const readOnce = async () => {
    const messages = await options.read(next, Math.min(known, next + readSize - 1));
    const before = next;
    for (const message of messages) if (message.seq === next && !isClosed) release(message);
    settle();
    return next > before;
  };
  const fill = async () => {
    timer = undefined;
    isFilling = true;
    let progressAt = performance.now();
    while (next <= known && !isClosed) {
      const hasMoved = await readOnce().catch(() => false);
      if (hasMoved) progressAt = performance.now();
      else if (performance.now() - progressAt > stuckAfterMs) {
        if (!isClosed) options.onStuck();
        break;
      } else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    isFilling = false;
  };

  return {
    offer(message) {
      if (message.seq < next || isClosed) return;
      known = Math.max(known, message.seq);
      if (message.seq === next) release(message);
      else if (ahead.size < maxAhead) ahead.set(message.seq, message);
      settle();
    },
    hint(seq) {
      if (seq <= known) return;
      known = seq;
      settle();
    },
    reached(seq) {
      if (seq < next) return Promise.resolve(true);
      if (isClosed) return Promise.resolve(false);
      const reached = new Promise<boolean>((resolve) => waiters.push({ seq, resolve }));
      known = Math.max(known, seq);
      settle();
      return reached;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { resolve } of waiters) resolve(false);
      waiters = [];
    },
  };
}
