import { create } from "@bufbuild/protobuf";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { RoomAddedSchema, RoomRemovedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, roomName, socketsIn, userRoomName } from "../socket/chat-server.ts";
import { emitTo } from "../socket/emit.ts";
import type { MembershipChange, MessageStore } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import type { RoomMessages } from "./room-messages.ts";
import type { RoomWatch } from "./room-watch.ts";
import { createUserLog, type UserLog } from "./user-log.ts";

/** A change, with what a user's sockets are notified of. */
interface Notice {
  change: MembershipChange;
  /** The room that the user is in by it; undefined: the user was removed. */
  room: Room | undefined;
  /** The socket that knows already. */
  exceptSocketId: string | undefined;
}

/** Carries the changes of users' memberships to their sockets here, in the order of their numbers. */
export interface Memberships
  extends Pick<UserLog<Notice>, "follow" | "hint" | "poll" | "prune">,
    Disposable {
  /**
   * The last change of a user's memberships that has taken effect here, once all that is known
   * of has. @throws AppError UNAVAILABLE
   */
  caughtUp: (userId: string) => Promise<number>;
  /** This instance has made the user a member: all sockets are notified, but for one. */
  added: (change: MembershipChange, room: Room, exceptSocketId?: string) => void;
  /** A message has brought a direct room into the user's list. */
  shown: (change: MembershipChange) => void;
  /** This instance has ended a membership: the user's sockets are out of the room at once. */
  removed: (change: MembershipChange) => void;
}

export interface MembershipsOptions {
  io: ChatServer;
  store: Pick<MessageStore, "findRoom" | "listMembershipChanges" | "membershipPositions">;
  messages: Pick<RoomMessages, "cancel" | "prune">;
  delivery: Pick<Delivery, "flush">;
  watch: Pick<RoomWatch, "added" | "removed">;
  announce: (userId: string, number: number) => void;
  log: Logger;
}

export function createMemberships(options: MembershipsOptions): Memberships {
  const { io, store, messages, delivery, watch, announce, log } = options;

  const putOut = ({ userId, roomId, number }: MembershipChange) => {
    messages.cancel(roomId, userId, number);
    delivery.flush(roomId);
    watch.removed(userId, roomId);
    for (const socket of socketsIn(io, userRoomName(userId))) {
      const joinedBy = socket.data.joined.get(roomId);
      // A join of a later membership isn't touched by the end of an earlier one.
      if (joinedBy === undefined || joinedBy >= number) continue;
      socket.data.joined.delete(roomId);
      socket.leave(roomName(roomId));
    }
    messages.prune(roomId);
  };

  const userLog = createUserLog<Notice>({
    io,
    log,
    what: "memberships",
    numberOf: ({ change }) => change.number,
    positions: store.membershipPositions,
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
        watch.added(userId, room);
        const others = exceptSocketId ? sockets.except(exceptSocketId) : sockets;
        emitTo(others, "room_added", create(RoomAddedSchema, { room }));
      } else {
        putOut(change);
        emitTo(sockets, "room_removed", create(RoomRemovedSchema, { roomId: change.roomId }));
      }
    },
    announce,
  });

  return {
    ...userLog,
    caughtUp: (userId) => withDeadline(userLog.caughtUp(userId), budgets.answer.catchUp),
    added: (change, room, exceptSocketId) =>
      userLog.offer(change.userId, { change, room, exceptSocketId }),
    shown({ userId, number }) {
      announce(userId, number);
      userLog.hint(userId, number);
    },
    removed(change) {
      // A later change may have been read before the answer to this one came.
      if (change.number > (userLog.position(change.userId) ?? 0)) putOut(change);
      userLog.offer(change.userId, { change, room: undefined, exceptSocketId: undefined });
    },
  };
}
