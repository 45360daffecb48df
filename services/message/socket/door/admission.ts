import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { pause, withDeadline } from "#common/deadline.ts";
import type { RevocationFeed } from "#common/sessions/revocation-feed.ts";
import type { SessionGuard } from "#common/sessions/session-guard.ts";
import { AppError, type ErrorCode, toAppError } from "#contract/errors.ts";
import { ConnectedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Users } from "#message/members/users.ts";
import type { Memberships } from "#message/realtime/memberships.ts";
import type { Presence } from "#message/realtime/presence.ts";
import type { Reads } from "#message/realtime/reads.ts";
import type { RoomMessages } from "#message/realtime/room-messages.ts";
import type { RoomWatch } from "#message/realtime/room-watch.ts";
import {
  type ChatServer,
  type ChatSocket,
  type Judgement,
  sessionRoomName,
  userRoomName,
} from "../chat-server.ts";
import { emitError, emitTo } from "../emit.ts";
import { closeTransport, endSocket } from "../engine/close.ts";
import { holdWrites } from "../engine/writes.ts";
import type { Dispatch } from "../events/dispatch.ts";
import { connectionLimits } from "../limits.ts";

export interface AdmissionOptions {
  io: ChatServer;
  guard: Pick<SessionGuard, "verify">;
  feed: Pick<RevocationFeed, "hasEnded">;
  users: Pick<Users, "find">;
  messages: Pick<RoomMessages, "prune">;
  memberships: Pick<Memberships, "follow" | "prune">;
  reads: Pick<Reads, "follow" | "prune">;
  watch: Pick<RoomWatch, "end">;
  presence: Pick<Presence, "opened" | "closed">;
  dispatch: Pick<Dispatch, "serve">;
  /** A user has one more socket. */
  onOpened: (userId: string) => void;
  /** A socket was not let in. */
  onRefused: (code: ErrorCode) => void;
}

/** Lets sockets in, and their events to the handlers. */
export function admitSockets(options: AdmissionOptions): void {
  const { io, guard, feed, users, messages, memberships, reads, watch, presence, dispatch } =
    options;
  const nextMoment = createMoments();
  const taken = new WeakSet<object>();
  // Everybody passes: judged in "connection", asynchronously, what a client sends at once
  // would be lost.
  io.use((socket, next) => {
    // Socket.IO would make a socket of each CONNECT packet, and count none of them.
    if (taken.has(socket.conn)) return closeTransport(socket.conn);
    taken.add(socket.conn);
    const admit = async () => {
      const judgement = await judge(guard, users, nextMoment, socket.handshake.auth);
      socket.data = { judgement, joined: new Map(), isAway: false, locks: undefined };
      // The token is not needed again, and would travel when instances ask for sockets.
      socket.handshake.auth = {};
      // Before the client can read its rooms: what changes from then on it is notified of.
      const followings = judgement.isAdmitted
        ? await Promise.all([memberships, reads].map((it) => it.follow(judgement.user.id)))
        : [];
      // The answer of the handshake and `connected` leave together.
      holdWrites(socket.conn);
      next();
      // By then the socket is in its user's room, or gone.
      for (const { end } of followings) setImmediate(end);
    };
    admit().catch(next);
  });

  io.on("connection", (socket) => {
    const { judgement } = socket.data;
    if (!judgement.isAdmitted) {
      options.onRefused(judgement.error.code);
      return refuse(socket, judgement.error);
    }
    const { user, sessionId } = judgement;
    socket.join([userRoomName(user.id), sessionRoomName(sessionId)]);
    // A session that ended while this one was judged: from here on the feed finds it.
    if (feed.hasEnded(sessionId)) return refuse(socket, new AppError("UNAUTHENTICATED"));
    dispatch.serve(socket, judgement);
    socket.on("disconnect", (reason) => {
      // Without its socket a connection would stay for as long as it answers pings.
      if (reason === "client namespace disconnect") closeTransport(socket.conn);
      for (const roomId of socket.data.joined.keys()) messages.prune(roomId);
      watch.end(socket);
      for (const followed of [memberships, reads]) followed.prune(user.id);
      presence.closed(socket, user.id);
    });
    presence.opened(user.id);
    emitTo(
      socket,
      "connected",
      create(ConnectedSchema, {
        userId: user.id,
        username: user.username,
        name: user.name,
        sessionId,
        serverTime: timestampFromDate(new Date()),
      }),
    );
    options.onOpened(user.id);
  });
}

/** Judges the `auth` payload of a handshake. Never throws: a refusal is a judgement too. */
async function judge(
  guard: AdmissionOptions["guard"],
  users: AdmissionOptions["users"],
  nextMoment: () => Promise<void>,
  auth: Record<string, unknown>,
): Promise<Judgement> {
  const judgeToken = async (): Promise<Judgement> => {
    const { token } = auth;
    if (typeof token !== "string" || token === "") throw new AppError("UNAUTHENTICATED");
    const { userId, sessionId, expiresAt } = await guard.verify("ws", token);
    await nextMoment();
    const user = await users.find(userId);
    if (!user) throw new AppError("UNAUTHENTICATED");
    return { isAdmitted: true, user, sessionId, expiresAt };
  };
  try {
    return await withDeadline(judgeToken(), connectionLimits.judgementMs);
  } catch (error) {
    return { isAdmitted: false, error: toAppError(error) };
  }
}

/**
 * Users who connect within so many milliseconds go on together, so that auth and the store are
 * asked for all of them at once: asking is much of what a connect costs.
 */
const momentMs = 5;
function createMoments(): () => Promise<void> {
  let moment: Promise<void> | undefined;
  return () => {
    moment ??= pause(momentMs).then(() => {
      moment = undefined;
    });
    return moment;
  };
}

/** A refused socket's first and only event, and its end. */
function refuse(socket: ChatSocket, error: AppError): void {
  socket.use(() => undefined);
  if (error.code === "UNAUTHENTICATED" || error.code === "TOKEN_EXPIRED") {
    endSocket(socket, error);
  } else {
    emitError(socket, error);
    closeTransport(socket.conn);
  }
}
