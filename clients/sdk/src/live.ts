import type { Message } from "./gen/contract.ts";

/** Hands messages to whoever iterates over them, each once and in order. */
export interface Live {
  /** Listens from the call on, not from the first step. */
  messages: () => AsyncIterableIterator<Message>;
  push: (messages: readonly Message[]) => void;
  hasListeners: () => boolean;
  /** Ends every iteration. */
  end: () => void;
}

interface Listener {
  queue: Message[];
  isEnded: boolean;
  wake: () => void;
}

export function createLive(): Live {
  const listeners = new Set<Listener>();
  const iterate = async function* (listener: Listener) {
    try {
      for (;;) {
        yield* listener.queue.splice(0);
        if (listener.queue.length > 0) continue;
        if (listener.isEnded) return;
        await new Promise<void>((resolve) => {
          listener.wake = resolve;
        });
      }
    } finally {
      listeners.delete(listener);
    }
  };
  return {
    hasListeners: () => listeners.size > 0,
    push(messages) {
      for (const listener of listeners) {
        listener.queue.push(...messages);
        listener.wake();
      }
    },
    end() {
      for (const listener of listeners) {
        listener.isEnded = true;
        listener.wake();
      }
    },
    messages() {
      const listener: Listener = { queue: [], isEnded: false, wake: () => undefined };
      listeners.add(listener);
      return iterate(listener);
    },
  };
}
