import type { Link, Tap } from "#tools/rig/tcp-proxy.ts";

/** Loses acknowledgements of sends: the connection ends when one is about to pass. */
export interface AckTap {
  tap: (link: Link) => Tap;
  /** Loses the next `count`; answers how many were lost in time. */
  lose: (count: number, limitMs: number) => Promise<number>;
}

/** An acknowledgement of `send_message` by Socket.IO, or the answer to a send over REST. */
const acknowledges = /43\d+\[\{"success":true,"data":|Message sent successfully/;

export function createAckTap(): AckTap {
  let left = 0;
  let onLost = () => {};
  return {
    tap: (link) => ({
      fromFar(chunk) {
        if (left === 0 || !acknowledges.test(chunk.toString("latin1"))) return true;
        left--;
        link.cut();
        onLost();
        return false;
      },
    }),
    lose(count, limitMs) {
      left = count;
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(limit);
          const lost = count - left;
          left = 0;
          resolve(lost);
        };
        const limit = setTimeout(finish, limitMs);
        onLost = () => {
          if (left === 0) finish();
        };
      });
    },
  };
}
