import type { MessageOut } from "#gen/socket-events.ts";
import type { ApiUser } from "#tools/rig/api.ts";
import type { Presence } from "../check/run-log.ts";
import type { ChatClient } from "./client.ts";
import { createJoins } from "./joins.ts";
import type { ClientSpec } from "./protocol.ts";
import { createRoomList } from "./room-list.ts";
import {
  answerLimitMs,
  type ChatSocket,
  type Connection,
  openConnection,
  retryMs,
} from "./socket-connection.ts";
import { notePosition, slowMs, type Tally } from "./tally.ts";

/** A plain Socket.IO client, which notes what comes over the wire and in which order. */
export interface SocketClient extends ChatClient {
  socket: ChatSocket;
  current: Connection["current"];
  reconnect: Connection["reconnect"];
  isJoined: (roomId: string) => boolean;
}

export interface SocketClientOptions {
  spec: ClientSpec;
  user: ApiUser;
  /** The users whose presence it shows. */
  watched: readonly string[];
  tally: Tally;
  /** The instance whose client has made up the id; undefined: it isn't known. */
  instanceOf: (clientMessageId: string) => string | undefined;
  onJoined: (roomId: string) => void;
  onLost: () => void;
}

/**
 * A client as the documents tell one to be: on each connect it joins every room from what it has
 * last seen, until nothing is missing, and watches its list of rooms and its users. Callbacks and
 * not promises, for an event that follows an acknowledgement would overtake what waits for a promise.
 */
export function createSocketClient(options: SocketClientOptions): SocketClient {
  const { spec, user, tally, watched } = options;
  const list = createRoomList();
  const connections: { from: number; to: number | undefined }[] = [];
  const mentioned: { roomId: string; seq: number; at: number }[] = [];
  let presences: Record<string, Presence> = {};
  let status: Presence = "online";
  const subscribed = { rooms: false, presence: false };

  const connection = openConnection({
    spec,
    user,
    onConnected(isFirst) {
      if (!isFirst) tally.counts.reconnects++;
      status = "online";
      connections.push({ from: Date.now(), to: undefined });
      joins.connected();
      watchRooms();
      watchPresence();
    },
    onLost() {
      tally.counts.disconnects++;
      const connection = connections.at(-1);
      if (connection) connection.to ??= Date.now();
      subscribed.rooms = false;
      subscribed.presence = false;
      joins.lost();
      options.onLost();
    },
  });
  const { socket, current, reconnect } = connection;
  /** Asks again where a service is out of order; where no answer comes, by another connection. */
  const again = (error: Error | null, ask: () => void) => {
    if (error) reconnect();
    else setTimeout(current(ask), retryMs);
  };

  const isFromOther = ({ clientMessageId }: MessageOut) => {
    const from = options.instanceOf(clientMessageId ?? "");
    return from !== undefined && spec.instance !== undefined && from !== spec.instance;
  };
  const note = ({ roomId, seq, revision }: MessageOut) =>
    notePosition(tally, roomId, { lastSeq: seq, lastRevision: revision });

  const joins = createJoins({
    userId: user.id,
    isListed: (roomId) => list.has(roomId),
    ask: (since, then) => socket.timeout(answerLimitMs).emit("join_room", since, current(then)),
    again,
    onAnswer(messages) {
      tally.counts.resumed += messages.length;
      messages.forEach(note);
    },
    onJoined: options.onJoined,
  });
  const enter = (roomId: string) => {
    if (spec.joins) joins.enter(roomId);
  };
  const watchRooms = () => {
    socket.timeout(answerLimitMs).emit(
      "watch_rooms",
      {},
      current((error, ack) => {
        if (error || !ack.success) return again(error, watchRooms);
        list.replaced(ack.rooms);
        subscribed.rooms = true;
        list.ids().forEach(enter);
      }),
    );
  };
  const watchPresence = () => {
    const userIds = [...watched];
    socket.timeout(answerLimitMs).emit(
      "watch_presence",
      { userIds },
      current((error, ack) => {
        if (error || !ack.success) return again(error, watchPresence);
        presences = Object.fromEntries(ack.users.map((it) => [it.userId, it.status]));
        subscribed.presence = true;
      }),
    );
  };

  socket.onAny(() => {
    tally.lastEventAt = Date.now();
  });
  socket.on("new_message", (message) => {
    joins.picture(message.roomId)?.added(message);
    note(message);
    if (isFromOther(message)) tally.counts.filled++;
    if (Date.now() - Date.parse(message.createdAt) > slowMs) tally.counts.lateDeliveries++;
  });
  socket.on("message_changed", ({ message }) => {
    joins.picture(message.roomId)?.changed(message, true);
    note(message);
  });
  socket.on("mentioned", ({ message: { roomId, seq } }) => {
    mentioned.push({ roomId, seq, at: Date.now() });
  });
  socket.on("room_activity", (activity) => list.moved(activity));
  socket.on("read_marked", ({ roomId, userId, seq }) => {
    if (userId === user.id) list.read(roomId, seq);
  });
  socket.on("room_added", ({ room }) => {
    list.added(room);
    enter(room.id);
  });
  socket.on("room_removed", ({ roomId }) => {
    list.removed(roomId);
    joins.left(roomId);
  });
  socket.on("presence_changed", (its) => {
    presences[its.userId] = its.status;
  });
  socket.connect();

  return {
    spec,
    user,
    socket,
    current,
    reconnect,
    close: () => void socket.disconnect(),
    isJoined: joins.isJoined,
    isListed: list.has,
    listed: (kind) => list.ids().filter((roomId) => list.isDirect(roomId) === (kind === "direct")),
    positionOf: (roomId) => joins.picture(roomId)?.newest ?? list.positionOf(roomId),
    setStatus(next) {
      if (!socket.connected) return;
      const onAnswer = current(() => {
        status = next;
      });
      socket.emit("set_presence", { status: next }, (ack) => ack.success && onAnswer());
    },
    joins() {
      const toJoin = spec.joins ? list.ids() : [];
      return {
        joined: toJoin.filter(joins.isJoined).length,
        toJoin: toJoin.length,
      };
    },
    isSubscribed() {
      const isListed = subscribed.rooms && subscribed.presence;
      return isListed && (!spec.joins || list.ids().every(joins.isJoined));
    },
    log: () => ({
      client: spec.name,
      userId: user.id,
      rooms: joins.pictures().map((picture) => {
        const { roomId } = picture;
        const isJoinedAtEnd = joins.isJoined(roomId);
        return { ...picture.received(), isJoinedAtEnd, isListed: list.has(roomId) };
      }),
      list: list.listed(joins.picture),
      connections,
      mentioned,
      status,
      presences,
      misshown: [],
      pending: [],
    }),
  };
}
