import type { ChatServer } from "../socket/chat-server.ts";
import type { MembershipNotice } from "../store/store.ts";

/**
 * What instances tell each other through Redis. Only hints: each delivers from the store
 * in its own order, and finds by polling what a lost hint would have said.
 */
export interface Hints {
  /** The room has messages up to this number. */
  stored: (roomId: string, seq: number) => void;
  /** Who has come into a room, or gone. */
  changed: (change: MembershipNotice) => void;
}

export interface HintListeners {
  onStored: (roomId: string, seq: number) => void;
  onChanged: (change: MembershipNotice) => void;
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
    changed(change) {
      if (isReady()) io.serverSideEmit("changed", change);
    },
  };
}

export function listenToHints(io: ChatServer, listeners: HintListeners): void {
  io.on("stored", (stored) => {
    for (const [roomId, seq] of stored) listeners.onStored(roomId, seq);
  });
  io.on("changed", listeners.onChanged);
}
