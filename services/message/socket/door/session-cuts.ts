import type { Metrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import { closeTransport, endSocket } from "../engine/end-socket.ts";
import { sessionRoomName } from "../engine/room-names.ts";
import type { ChatServer } from "../engine/types.ts";

/** Cuts the sockets of sessions that have ended. */
export interface SessionCuts {
  sessionsEnded: (sessionIds: string[], endedAt: number) => void;
  /** Which sessions have ended is not known: all sockets have to come back and be judged anew. */
  feedReset: () => void;
}

export function createSessionCuts(io: ChatServer, metrics: Metrics): SessionCuts {
  const delay = metrics.histogram(
    "session_cut_seconds",
    "From the end of a session to the cut of its sockets",
  );
  return {
    sessionsEnded(sessionIds, endedAt) {
      for (const sessionId of sessionIds) {
        for (const id of io.sockets.adapter.rooms.get(sessionRoomName(sessionId)) ?? []) {
          const socket = io.sockets.sockets.get(id);
          if (!socket) continue;
          endSocket(socket, new AppError("UNAUTHENTICATED"));
          delay.observe(Math.max(Date.now() - endedAt, 0) / 1000);
        }
      }
    },
    feedReset() {
      for (const socket of io.sockets.sockets.values()) closeTransport(socket.conn);
    },
  };
}
