import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { AppError } from "#contract/errors.ts";
import { ConnectedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { MessageContext } from "#message/context.ts";
import { emitError, emitTo } from "../engine/emit.ts";
import { closeTransport, endSocket } from "../engine/end-socket.ts";
import { sessionRoomName, userRoomName } from "../engine/room-names.ts";
import type { ChatSocket } from "../engine/types.ts";
import type { Dispatch } from "../events/dispatch.ts";
import { judgeHandshake } from "./authenticate.ts";
import { createSocketsPerUser } from "./sockets-per-user.ts";

/** Hears of a connection that is cut because it doesn't read what it is sent. */
export type OnSlow = (conn: ChatSocket["conn"]) => void;

/** Lets sockets in, and their events to the handlers. */
export function serveSockets(ctx: MessageContext, dispatch: Dispatch): OnSlow {
  const { io, guard, names, metrics } = ctx;
  const socketsPerUser = createSocketsPerUser(ctx);
  const cuts = metrics.counter("sockets_cut", "Sockets that the server ended", ["code"]);
  metrics.gauge("sockets", "Open sockets", () => io.sockets.sockets.size);

  // Everybody passes: judged in "connection", asynchronously, what a client sends at once
  // would be lost.
  const taken = new WeakSet<object>();
  io.use((socket, next) => {
    // Socket.IO would make a socket of each CONNECT packet, and count none of them.
    if (taken.has(socket.conn)) return closeTransport(socket.conn);
    taken.add(socket.conn);
    judgeHandshake(guard, names, socket.handshake.auth).then((judgement) => {
      socket.data = { judgement, joined: new Set(), turns: undefined };
      // The token is not needed again, and would travel when instances ask for sockets.
      socket.handshake.auth = {};
      next();
    }, next);
  });

  io.on("connection", (socket) => {
    const { judgement } = socket.data;
    if (!judgement.isAdmitted) {
      cuts.inc({ code: judgement.error.code });
      return refuse(socket, judgement.error);
    }
    const { user, sessionId } = judgement;
    socket.join([userRoomName(user.id), sessionRoomName(sessionId)]);
    // A session that ended while this one was judged: from here on the feed finds it.
    if (ctx.feed.hasEnded(sessionId)) return refuse(socket, new AppError("UNAUTHENTICATED"));
    dispatch.serve(socket, user);
    socket.on("disconnect", (reason) => {
      // Without its socket a connection would stay for as long as it answers pings.
      if (reason === "client namespace disconnect") closeTransport(socket.conn);
      for (const roomId of socket.data.joined) ctx.fanout.prune(roomId);
    });
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
    socketsPerUser.opened(user.id);
  });

  return (conn) => {
    const code = "SLOW_CONSUMER";
    cuts.inc({ code });
    const socket = [...io.sockets.sockets.values()].find((it) => it.conn === conn);
    const judgement = socket?.data.judgement;
    const userId = judgement?.isAdmitted ? judgement.user.id : undefined;
    ctx.log.info({ userId, code }, "a socket was cut");
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
