import { createGather } from "#common/gather.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import {
  type ChatServer,
  type Connection,
  sessionRoomName,
  socketsIn,
  userRoomName,
} from "../chat-server.ts";
import { emitError } from "../emit.ts";
import { closeTransport, endSocket } from "../engine/close.ts";

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
        for (const socket of socketsIn(io, sessionRoomName(sessionId))) {
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

export interface SocketCountOptions {
  io: ChatServer;
  socketsPerUser: number;
  /** Whether other instances can be asked. */
  isHinted: () => boolean;
  log: Logger;
}

/** Answers what closes a user's oldest sockets beyond the limit, of all instances if possible. */
export function createSocketCountLimit(options: SocketCountOptions): (userId: string) => void {
  const { io, socketsPerUser: limit, isHinted, log } = options;
  const tooMany = () => new AppError("TOO_MANY_SOCKETS");
  const endOldestOfAll = createGather({
    keyOf: (userId: string) => userId,
    async ask([userId = ""]) {
      const all = await io.in(userRoomName(userId)).fetchSockets();
      all.sort((a, b) => a.handshake.issued - b.handshake.issued);
      for (const oldest of all.slice(0, Math.max(all.length - limit, 0))) {
        const here = io.sockets.sockets.get(oldest.id);
        if (here) endSocket(here, tooMany());
        else {
          emitError(oldest, tooMany());
          oldest.disconnect(true);
        }
      }
      return () => undefined;
    },
  });
  return (userId) => {
    if (limit === 0) return;
    const here = socketsIn(io, userRoomName(userId));
    for (const socket of here.slice(0, Math.max(here.length - limit, 0))) {
      endSocket(socket, tooMany());
    }
    if (!isHinted()) return;
    endOldestOfAll(userId).catch((error: unknown) => {
      log.debug({ err: error }, "other instances did not say what sockets a user has");
    });
  };
}

/** Answers what reports connections that were cut because they don't read. */
export function createSlowReport(
  io: ChatServer,
  log: Logger,
  onCut: (code: "SLOW_CONSUMER") => void,
): (conn: Connection) => void {
  return (conn) => {
    const code = "SLOW_CONSUMER";
    onCut(code);
    const socket = [...io.sockets.sockets.values()].find((it) => it.conn === conn);
    const judgement = socket?.data.judgement;
    const userId = judgement?.isAdmitted ? judgement.user.id : undefined;
    log.info({ userId, code }, "a socket was cut");
  };
}
