import { create } from "@bufbuild/protobuf";
import { createContextKey } from "@connectrpc/connect";
import {
  TypingStartedSchema,
  TypingStoppedSchema,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Blocks } from "../blocks/blocks.ts";
import type { Users } from "../members/users.ts";
import {
  type ChatServer,
  roomIdOf,
  roomName,
  type TypingNotice,
  userRoomName,
} from "../socket/chat-server.ts";
import { emitTo } from "../socket/emit.ts";
import type { EventCall, EventHandler } from "../socket/events/event-handler.ts";
import { eventLimits } from "../socket/limits.ts";
import type { Delivery } from "./delivery.ts";

/**
 * Notifies everybody else in a room, on all instances that hear of each other, of who is
 * typing, but for those whom the user has blocked. It ends when none of a user's sockets types any more: each until it says so, sends a
 * message, is out of the room, or says nothing for a while.
 */
export interface Typing {
  start: EventHandler<"typing_start">;
  stop: EventHandler<"typing_stop">;
  /** A user has sent a message, by this socket or, if undefined, without one. */
  sent: (roomId: string, userId: string, socketId: string | undefined) => void;
}

/** The socket that a call came by. */
export const socketIdKey = createContextKey<string | undefined>(undefined);

interface Typist {
  username: string;
  /** Those who haven't heard that the user types. */
  hiddenFrom: readonly string[];
  /** The end of each socket's silence. */
  sockets: Map<string, NodeJS.Timeout>;
}

export interface TypingOptions {
  io: ChatServer;
  users: Pick<Users, "find">;
  blocks: Pick<Blocks, "of">;
  delivery: Pick<Delivery, "flush">;
  /** Whether instances can notify each other, by Redis. */
  isHinted: () => boolean;
}

export function createTyping({ io, users, blocks, delivery, isHinted }: TypingOptions): Typing {
  /** By room, then by user. */
  const rooms = new Map<string, Map<string, Typist>>();

  const hear = (
    notice: TypingNotice,
    silenceMs: number,
    onSilence: (end: TypingNotice) => void,
  ) => {
    const { roomId, userId, username, socketId, isTyping } = notice;
    const typists = rooms.get(roomId) ?? new Map<string, Typist>();
    const { sockets, hiddenFrom } = typists.get(userId) ?? {
      sockets: new Map(),
      hiddenFrom: notice.hiddenFrom,
    };
    // Whoever heard of it before being blocked hears of the end.
    const unaware = hiddenFrom.filter((id) => notice.hiddenFrom.includes(id));
    clearTimeout(sockets.get(socketId));
    if (isTyping) {
      const end = () => onSilence({ ...notice, isTyping: false });
      sockets.set(socketId, setTimeout(end, silenceMs).unref());
      rooms.set(roomId, typists.set(userId, { username, hiddenFrom: unaware, sockets }));
    } else {
      sockets.delete(socketId);
      if (sockets.size > 0) return;
      typists.delete(userId);
      if (typists.size === 0) rooms.delete(roomId);
    }
    // What was said before is seen before.
    delivery.flush(roomId);
    // Not the user's own other sockets: they know.
    const except = [userId, ...(isTyping ? notice.hiddenFrom : hiddenFrom)].map(userRoomName);
    const others = io.local.to(roomName(roomId)).except(except);
    const about = { roomId, userId, username };
    if (isTyping) emitTo(others, "typing_start", create(TypingStartedSchema, about));
    else emitTo(others, "typing_stop", create(TypingStoppedSchema, about));
  };
  const hearOfOthers = (notice: TypingNotice) =>
    hear(notice, eventLimits.typingElsewhereMs, hearOfOthers);
  const notify = (notice: TypingNotice) => {
    if (isHinted()) io.serverSideEmit("typing", notice);
    hear(notice, eventLimits.typingMs, notify);
  };
  const end = (roomId: string, userId: string, typist: Typist, socketIds: Iterable<string>) => {
    for (const socketId of [...socketIds]) {
      if (!typist.sockets.has(socketId)) continue;
      const { username, hiddenFrom } = typist;
      notify({ roomId, userId, username, socketId, isTyping: false, hiddenFrom });
    }
  };

  io.on("typing", hearOfOthers);
  // However a socket comes to be out of a room.
  io.sockets.adapter.on("leave-room", (name: string, socketId: string) => {
    const roomId = roomIdOf(name);
    if (roomId === undefined) return;
    for (const [userId, typist] of rooms.get(roomId) ?? []) end(roomId, userId, typist, [socketId]);
  });

  const say = async (roomId: string, { socket, user }: EventCall, isTyping: boolean) => {
    const [known, blocked] = await Promise.all([users.find(user.id), blocks.of(user.id)]);
    // The socket may have left meanwhile.
    if (!socket.data.joined.has(roomId)) return;
    notify({
      roomId,
      userId: user.id,
      username: (known ?? user).name,
      socketId: socket.id,
      isTyping,
      hiddenFrom: [...blocked],
    });
  };
  return {
    async start({ roomId }, call) {
      await say(roomId, call, true);
      return {};
    },
    async stop({ roomId }, call) {
      await say(roomId, call, false);
      return {};
    },
    sent(roomId, userId, socketId) {
      const typist = rooms.get(roomId)?.get(userId);
      if (!typist) return;
      end(roomId, userId, typist, socketId === undefined ? typist.sockets.keys() : [socketId]);
    },
  };
}
