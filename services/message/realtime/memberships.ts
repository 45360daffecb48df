import { create } from "@bufbuild/protobuf";
import { budgets } from "#common/budgets.ts";
import { pause, withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { RoomAddedSchema, RoomRemovedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, roomName, socketsIn, userRoomName } from "../socket/chat-server.ts";
import { emitTo } from "../socket/emit.ts";
import { closeTransport } from "../socket/engine/close.ts";
import type { MembershipChange, MessageStore } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import { createFollower, type Follower, type Following } from "./follower.ts";
import type { RoomMessages } from "./room-messages.ts";

/** A change, with what a user's sockets are notified of. */
interface Notice {
  change: MembershipChange;
  /** The room that the user is in by it; undefined: the user was removed. */
  room: Room | undefined;
  /** The socket that knows already. */
  exceptSocketId: string | undefined;
}

/** Carries the changes of users' memberships to their sockets here, in the order of their numbers. */
export interface Memberships extends Pick<Follower<Notice>, "hint" | "poll" | "prune">, Disposable {
  /** Follows a user who is about to have a socket here. Never rejects. */
  follow: (userId: string) => Promise<Pick<Following<Notice>, "end">>;
  /**
   * The last change of a user's memberships that has taken effect here, once all that is known
   * of has. @throws AppError UNAVAILABLE
   */
  caughtUp: (userId: string) => Promise<number>;
  /** This instance has made the user a member: all sockets are notified, but for one. */
  added: (change: MembershipChange, room: Room, exceptSocketId?: string) => void;
  /** This instance has ended a membership: the user's sockets are out of the room at once. */
  removed: (change: MembershipChange) => void;
}

export interface MembershipsOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom" | "listMembershipChanges" | "membershipPositions">;
  messages: Pick<RoomMessages, "cancel" | "prune">;
  delivery: Pick<Delivery, "flush">;
  announce: (userId: string, number: number) => void;
  log: Logger;
}

/** Users who connect within so many milliseconds share a read: it is much of what a connect costs. */
const gatherMs = 5;

export function createMemberships(options: MembershipsOptions): Memberships {
  const { io, store, messages, delivery, announce, log } = options;

  const putOut = ({ userId, roomId, number }: MembershipChange) => {
    messages.cancel(roomId, userId, number);
    delivery.flush(roomId);
    for (const socket of socketsIn(io, userRoomName(userId))) {
      const joinedBy = socket.data.joined.get(roomId);
      // A join of a later membership isn't touched by the end of an earlier one.
      if (joinedBy === undefined || joinedBy >= number) continue;
      socket.data.joined.delete(roomId);
      socket.leave(roomName(roomId));
    }
    messages.prune(roomId);
  };

  const follower = createFollower<Notice>({
    hasGaps: true,
    numberOf: ({ change }) => change.number,
    async positions(userIds) {
      const known = await store.membershipPositions(userIds);
      return new Map(userIds.map((userId) => [userId, known.get(userId) ?? 0]));
    },
    async read(userId, from, to) {
      const changes = await store.listMembershipChanges(userId, from, to);
      const notices = changes.map(async (change): Promise<Notice[]> => {
        const exceptSocketId = undefined;
        if (!change.isMember) return [{ change, room: undefined, exceptSocketId }];
        const view = await store.findRoom(change.roomId, userId);
        // A later change has ended it already.
        return view?.isMember ? [{ change, room: view.room, exceptSocketId }] : [];
      });
      return (await Promise.all(notices)).flat();
    },
    release(userId, { change, room, exceptSocketId }) {
      const sockets = io.local.to(userRoomName(userId));
      if (room) {
        const others = exceptSocketId ? sockets.except(exceptSocketId) : sockets;
        emitTo(others, "room_added", create(RoomAddedSchema, { room }));
      } else {
        putOut(change);
        emitTo(sockets, "room_removed", create(RoomRemovedSchema, { roomId: change.roomId }));
      }
    },
    onStuck(userId) {
      log.error({ userId }, "memberships could not be read: the user's sockets have to resume");
      for (const { conn } of socketsIn(io, userRoomName(userId))) closeTransport(conn);
    },
    isHeard: (userId) => io.sockets.adapter.rooms.has(userRoomName(userId)),
    announce,
  });

  let moment: Promise<void> | undefined;
  return {
    hint: follower.hint,
    poll: follower.poll,
    prune: follower.prune,
    async follow(userId) {
      moment ??= pause(gatherMs).then(() => {
        moment = undefined;
      });
      await moment;
      const following = follower.follow(userId);
      // Without the store a socket is let in all the same; it resumes when the store is back.
      await withDeadline(following.opened, budgets.answer.socketFollow).catch((err: unknown) => {
        log.warn({ err, userId }, "a user's memberships can't be followed yet");
        following.skip();
      });
      return following;
    },
    async caughtUp(userId) {
      const stage = follower.stageOf(userId);
      if (!stage) return 0;
      await withDeadline(stage.caughtUp(), budgets.answer.catchUp);
      return stage.position();
    },
    added: (change, room, exceptSocketId) =>
      follower.offer(change.userId, { change, room, exceptSocketId }),
    removed(change) {
      putOut(change);
      follower.offer(change.userId, { change, room: undefined, exceptSocketId: undefined });
    },
    [Symbol.dispose]: () => follower[Symbol.dispose](),
  };
}
