import type { Link, Tap } from "#tools/rig/tcp-proxy.ts";

/** What the traffic of one database connection means. */
export interface CommitWatch {
  /** Whether these bytes complete a write of messages, on its way to the database. */
  sent: (chunk: Buffer) => boolean;
  /** What these bytes say about the write that is under way. */
  answered: (chunk: Buffer) => "nothing yet" | "stored" | "failed";
  /** Writes that met another instance's: a unique index refused them. */
  conflicts: () => number;
}

/** When to strike: as the write leaves for the database, or when it has answered. */
export type CommitMoment = "sent" | "stored";

/** Strikes at the moment of a commit. */
export interface CommitTap {
  tap: (link: Link) => Tap;
  /** Of all connections so far. */
  conflicts: () => number;
  /**
   * Waits for the next write of messages. At "stored" the answer is withheld: the service
   * never hears of it. False if none came in time.
   */
  strike: (moment: CommitMoment, act: (link: Link) => void, limitMs: number) => Promise<boolean>;
}

interface Strike {
  moment: CommitMoment;
  act: (link: Link) => void;
  done: (hasStruck: boolean) => void;
}

export function createCommitTap(watch: () => CommitWatch): CommitTap {
  let armed: Strike | undefined;
  const watches: CommitWatch[] = [];

  const fire = (strike: Strike, link: Link) => {
    armed = undefined;
    strike.act(link);
    strike.done(true);
  };
  return {
    tap(link) {
      const watched = watch();
      const { sent, answered } = watched;
      watches.push(watched);
      let withheld: Buffer[] | undefined;
      let isUnderWay = false;
      const release = () => {
        for (const chunk of withheld ?? []) link.toNear(chunk);
        withheld = undefined;
      };
      return {
        fromNear(chunk) {
          if (sent(chunk)) {
            isUnderWay = true;
            const strike = armed;
            // In the next turn of the event loop, when these bytes have left.
            if (strike?.moment === "sent") {
              armed = undefined;
              setImmediate(fire, strike, link);
            }
          }
          return true;
        },
        fromFar(chunk) {
          const outcome = answered(chunk);
          if (!isUnderWay) return true;
          if (armed?.moment === "stored") withheld ??= [];
          if (outcome !== "nothing yet") isUnderWay = false;
          if (!withheld) return true;
          withheld.push(chunk);
          if (outcome === "stored" && armed?.moment === "stored") fire(armed, link);
          else if (outcome !== "nothing yet") release();
          return false;
        },
      };
    },
    conflicts: () => watches.reduce((sum, it) => sum + it.conflicts(), 0),
    strike: (moment, act, limitMs) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => {
          armed = undefined;
          resolve(false);
        }, limitMs);
        const done = (hasStruck: boolean) => {
          clearTimeout(limit);
          resolve(hasStruck);
        };
        armed = { moment, act, done };
      }),
  };
}
