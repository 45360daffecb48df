import { io, type Socket } from "socket.io-client";
import type {
  ClientToServerEvents,
  MessageOut,
  SendMessageRequestIn,
  ServerToClientEvents,
} from "#gen/socket-events.ts";
import type { ApiUser } from "#tools/rig/api.ts";
import type { ReceivedRoom } from "../check/run-log.ts";
import type { ClientSpec } from "./protocol.ts";
import { noteTop, slowMs, type Tally } from "./tally.ts";

type SendAck = Parameters<Parameters<ClientToServerEvents["send_message"]>[1] & object>[0];

interface Room {
  roomId: string;
  isJoined: boolean;
  last: number;
  seqs: number[];
  ids: string[];
  times: number[];
}

/** One logical client: it stays the same across all of its connections. */
export interface ChatClient {
  spec: ClientSpec;
  connect: () => void;
  isJoined: (roomId: string) => boolean;
  lastOf: (roomId: string) => number;
  /** False: there is no connection to send over. The answer doesn't come if it is lost. */
  send: (request: SendMessageRequestIn, answer: (ack: SendAck) => void) => boolean;
  /** Gives the connection up and makes another. */
  reconnect: () => void;
  close: () => void;
  received: () => ReceivedRoom[];
}

export interface ChatClientOptions {
  spec: ClientSpec;
  user: ApiUser;
  roomIds: readonly string[];
  tally: Tally;
  /** The instance whose client has made up the id; undefined: it isn't known. */
  instanceOf: (clientMessageId: string) => string | undefined;
  onJoined: (roomId: string) => void;
  onLost: () => void;
}

const joinLimitMs = 5_000;
const retryMs = 200;

/**
 * An unmodified client, used well: a token for each connection, and after each connect the
 * rooms from the last number on, until nothing is missing. Callbacks and not promises, for a
 * message that follows an acknowledgement would overtake what waits for a promise.
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const { spec, user, tally, instanceOf, onJoined, onLost } = options;
  const rooms = new Map<string, Room>(
    options.roomIds.map((roomId) => [
      roomId,
      { roomId, isJoined: false, last: 0, seqs: [], ids: [], times: [] },
    ]),
  );
  let epoch = 0;

  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(spec.url, {
    transports: spec.transports,
    forceNew: true,
    autoConnect: false,
    timeout: 3_000,
    reconnectionDelay: 100,
    reconnectionDelayMax: 500,
    auth: (pass) => {
      const { engine } = socket.io;
      const isCurrent = () => socket.io.engine === engine && engine.readyState === "open";
      tokenWhile(user, isCurrent).then((token) => {
        if (token !== undefined && isCurrent()) pass({ token });
      });
    },
  });

  const isFromOther = ({ clientMessageId }: MessageOut) => {
    const from = instanceOf(clientMessageId ?? "");
    return from !== undefined && spec.instance !== undefined && from !== spec.instance;
  };
  const take = (message: MessageOut, isLive: boolean) => {
    const room = rooms.get(message.roomId);
    if (!room) return;
    const now = Date.now();
    room.seqs.push(message.seq);
    room.ids.push(message.id);
    room.times.push(now);
    room.last = Math.max(room.last, message.seq);
    noteTop(tally, message.roomId, message.seq);
    if (!isLive) {
      tally.counts.resumed++;
      return;
    }
    if (isFromOther(message)) tally.counts.filled++;
    if (now - Date.parse(message.createdAt) > slowMs) tally.counts.lateDeliveries++;
  };
  const reconnect = () => {
    if (socket.connected) socket.io.engine.close();
  };
  const join = (room: Room, since: number) => {
    if (since !== epoch || !socket.connected) return;
    // Asked again on the same connection, the first answer might still come: so another one.
    const limit = setTimeout(() => since === epoch && reconnect(), joinLimitMs);
    socket.emit("join_room", { roomId: room.roomId, afterSeq: room.last }, (ack) => {
      clearTimeout(limit);
      if (since !== epoch) return;
      if (!ack.success) return void setTimeout(join, retryMs, room, since);
      for (const message of ack.messages) take(message, false);
      if (ack.hasMore) return join(room, since);
      room.isJoined = true;
      onJoined(room.roomId);
    });
  };

  socket.on("connected", () => {
    epoch++;
    if (epoch > 1) tally.counts.reconnects++;
    for (const room of rooms.values()) join(room, epoch);
  });
  socket.on("new_message", (message) => take(message, true));
  socket.on("disconnect", (reason) => {
    epoch++;
    tally.counts.disconnects++;
    for (const room of rooms.values()) room.isJoined = false;
    onLost();
    // A token that ran out on the way; every other loss the client mends by itself.
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), retryMs);
  });

  return {
    spec,
    connect: () => void socket.connect(),
    isJoined: (roomId) => rooms.get(roomId)?.isJoined ?? false,
    lastOf: (roomId) => rooms.get(roomId)?.last ?? 0,
    send(request, answer) {
      if (!socket.connected) return false;
      const since = epoch;
      socket.emit("send_message", request, (ack) => {
        if (since === epoch) answer(ack);
      });
      return true;
    },
    reconnect,
    close: () => void socket.disconnect(),
    received: () =>
      [...rooms.values()].map(({ roomId, isJoined, seqs, ids, times }) => ({
        roomId,
        isJoinedAtEnd: isJoined,
        seqs,
        ids,
        times,
      })),
  };
}

/** A token, asked for until there is one or nobody waits for it any more. */
async function tokenWhile(user: ApiUser, isWanted: () => boolean): Promise<string | undefined> {
  while (isWanted()) {
    try {
      return await user.wsToken();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
  return undefined;
}
