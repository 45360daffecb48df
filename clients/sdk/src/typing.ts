import type { Wire } from "./connection-types.ts";

/** Somebody who types. `username` is the name that their messages carry. */
export interface Typist {
  userId: string;
  username: string;
}

export interface Typing {
  typists: () => readonly Typist[];
  /** Ends what was heard of a user, whose message has come, or of all. */
  forget: (userId?: string) => void;
  /** This user has pressed a key. */
  typed: () => void;
  /** This user has sent or thrown away what they wrote. */
  ended: (isSent: boolean) => void;
  stop: () => void;
}

/** The server says that somebody has stopped 6 s after they last typed; this is if that is lost. */
const silenceMs = 8_000;
const repeatMs = 3_000;
const pauseMs = 4_000;

export function createTyping(
  roomId: string,
  wire: Wire,
  myId: () => string | undefined,
  changed: () => void,
): Typing {
  let typists: readonly Typist[] = [];
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let saidAt: number | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;

  const set = (next: readonly Typist[]) => {
    if (next.length === 0 && typists.length === 0) return;
    typists = next;
    changed();
  };
  const forget = (userId?: string) => {
    for (const [id, timer] of timers) if (id === userId || !userId) clearTimeout(timer);
    set(userId ? typists.filter((it) => it.userId !== userId) : []);
  };
  const say = (event: "typing_start" | "typing_stop") => {
    wire.emit(event, { roomId }).catch(() => undefined);
  };
  const ended = (isSent: boolean) => {
    clearTimeout(pause);
    // A message that is sent ends it by itself.
    if (saidAt !== undefined && !isSent) say("typing_stop");
    saidAt = undefined;
  };
  const ends = [
    wire.on("typing_start", ({ roomId: id, userId, username }) => {
      if (id !== roomId || userId === myId()) return;
      clearTimeout(timers.get(userId));
      timers.set(
        userId,
        setTimeout(() => forget(userId), silenceMs),
      );
      if (!typists.some((it) => it.userId === userId)) set([...typists, { userId, username }]);
    }),
    wire.on("typing_stop", ({ roomId: id, userId }) => {
      if (id === roomId) forget(userId);
    }),
    wire.onDown(() => {
      saidAt = undefined;
      forget();
    }),
  ];
  return {
    typists: () => typists,
    forget,
    ended,
    typed() {
      clearTimeout(pause);
      pause = setTimeout(() => ended(false), pauseMs);
      if (saidAt !== undefined && Date.now() - saidAt < repeatMs) return;
      saidAt = Date.now();
      say("typing_start");
    },
    stop() {
      ended(false);
      forget();
      for (const end of ends) end();
    },
  };
}
