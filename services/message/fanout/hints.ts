import type { ChatServer } from "../socket/types.ts";

/**
 * What instances tell each other through Redis. Only hints: each delivers from the store
 * in its own order, and finds by polling what a lost hint would have said.
 */
export interface Hints {
  /** The room has messages up to this number. */
  stored: (roomId: string, seq: number) => void;
  /** The user is no longer a member of the room. */
  removed: (userId: string, roomId: string) => void;
}

export interface HintListeners {
  onStored: (roomId: string, seq: number) => void;
  onRemoved: (userId: string, roomId: string) => void;
}

/** @param isReady whether there is anybody to tell; what is said meanwhile is dropped, not kept */
export function createHints(io: ChatServer, isReady: () => boolean): Hints {
  let pending = new Map<string, number>();
  const flush = () => {
    const stored = [...pending];
    pending = new Map();
    if (isReady()) io.serverSideEmit("stored", stored);
  };
  return {
    // Of what is stored in one turn a room's last number says all.
    stored(roomId, seq) {
      if (!isReady()) return;
      if (pending.size === 0) setImmediate(flush);
      pending.set(roomId, Math.max(seq, pending.get(roomId) ?? 0));
    },
    removed(userId, roomId) {
      if (isReady()) io.serverSideEmit("removed", userId, roomId);
    },
  };
}

export function listenToHints(io: ChatServer, listeners: HintListeners): void {
  io.on("stored", (stored) => {
    for (const [roomId, seq] of stored) listeners.onStored(roomId, seq);
  });
  io.on("removed", listeners.onRemoved);
}
