import type { RawSocket } from "./raw-socket.ts";

/** Messages to one room, and what came of them. */
export interface Traffic {
  messages: number;
  deliveries: number;
  seconds: number;
  /** From sending to the last socket's delivery, milliseconds. */
  delays: number[];
}

/** Some 130 characters, as people write. */
export const content =
  "A message of the usual length: a sentence or two, some of them with a question, and no attachment. Did that arrive everywhere?";

/** The i-th event that is sent, and its payload; whoever sends it takes turns. */
export type Ask = (i: number) => readonly [event: string, payload: object];

const sending =
  (roomId: string): Ask =>
  () => ["send_message", { roomId, content }];

const arrivalLimitMs = 30_000;

/**
 * Keeps `underWay` messages under way; one is over when every socket has it. Senders take turns.
 * @throws Error where a message doesn't arrive everywhere
 */
export function closedLoop(
  sockets: readonly RawSocket[],
  roomId: string,
  options: { senders: number; underWay: number; ms: number },
): Promise<Traffic> {
  return follow(sockets, sending(roomId), options.senders, (send, isOver) => {
    const endsAt = performance.now() + options.ms;
    for (let i = 0; i < options.underWay; i++) send();
    return () => {
      if (performance.now() < endsAt) send();
      else isOver();
    };
  });
}

/** Sends at a steady rate, whatever arrives. @throws Error as `closedLoop` */
export function openLoop(
  sockets: readonly RawSocket[],
  roomId: string,
  options: { senders: number; perSecond: number; ms: number; ask?: Ask },
): Promise<Traffic> {
  const { ask = sending(roomId) } = options;
  return follow(sockets, ask, options.senders, (send, isOver) => {
    const startedAt = performance.now();
    const total = Math.round((options.ms / 1000) * options.perSecond);
    let sent = 0;
    const tick = () => {
      send();
      if (++sent === total) return isOver();
      const due = startedAt + (sent / options.perSecond) * 1000;
      setTimeout(tick, Math.max(due - performance.now(), 0));
    };
    tick();
    return () => {};
  });
}

type Pace = (send: () => void, isOver: () => void) => () => void;

/**
 * Every socket of a room gets its messages in the same order: so the n-th message is
 * everywhere when each socket has had n, and nothing needs to be parsed.
 */
function follow(
  sockets: readonly RawSocket[],
  ask: Ask,
  senders: number,
  pace: Pace,
): Promise<Traffic> {
  return new Promise((resolve, reject) => {
    const arrived: number[] = [];
    const sentAt: number[] = [];
    const delays: number[] = [];
    let everywhere = 0;
    let isEnding = false;
    const startedAt = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - (sentAt.at(-1) ?? startedAt) < arrivalLimitMs) return;
      clearInterval(timer);
      reject(new Error(`${sentAt.length} messages sent, ${everywhere} arrived everywhere`));
    }, 1_000);
    const send = () => {
      const sender = sockets[sentAt.length % Math.min(senders, sockets.length)];
      const [event, payload] = ask(sentAt.length);
      sentAt.push(performance.now());
      sender?.request(event, payload, (text) => {
        if (!text.startsWith('[{"success":true')) reject(new Error(text));
      });
    };
    const endIfDone = () => {
      if (!isEnding || everywhere < sentAt.length) return;
      clearInterval(timer);
      for (const socket of sockets) socket.onMessage = () => {};
      resolve({
        messages: everywhere,
        deliveries: everywhere * sockets.length,
        seconds: (performance.now() - startedAt) / 1000,
        delays,
      });
    };
    let onEverywhere = () => {};
    for (const socket of sockets) {
      let next = 0;
      socket.onMessage = () => {
        const index = next++;
        const count = (arrived[index] ?? 0) + 1;
        arrived[index] = count;
        if (count < sockets.length) return;
        everywhere++;
        delays.push(performance.now() - (sentAt[index] ?? 0));
        onEverywhere();
        endIfDone();
      };
    }
    onEverywhere = pace(send, () => {
      isEnding = true;
      endIfDone();
    });
  });
}
