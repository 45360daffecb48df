import type { ChatServer, Stream } from "../socket/chat-server.ts";

/**
 * What instances notify each other of through Redis. Only hints: each delivers from the store
 * in its own order, and finds by polling what a lost hint would have said.
 */
export interface Hints {
  /** Answers what announces how far a key of the stream has come. */
  announcer: (stream: Stream) => (key: string, number: number) => void;
  /** Begins to take what other instances announce. */
  listen: (stream: Stream, onHint: (key: string, number: number) => void) => void;
}

/** @param isReady whether Redis is there; what is announced meanwhile is dropped, not kept */
export function createHints(io: ChatServer, isReady: () => boolean): Hints {
  return {
    announcer(stream) {
      let pending = new Map<string, number>();
      const flush = () => {
        const numbers = [...pending];
        pending = new Map();
        if (isReady()) io.serverSideEmit("hints", stream, numbers);
      };
      // Of what happens in one turn of the event loop a key's last number says all.
      return (key, number) => {
        if (!isReady()) return;
        if (pending.size === 0) setImmediate(flush);
        pending.set(key, Math.max(number, pending.get(key) ?? 0));
      };
    },
    listen(stream, onHint) {
      io.on("hints", (its, numbers) => {
        if (its === stream) for (const [key, number] of numbers) onHint(key, number);
      });
    },
  };
}
