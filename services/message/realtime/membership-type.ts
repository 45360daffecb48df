import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MembershipNotice } from "../store/store.ts";

/** Tells open sockets who has come and gone. */
export interface Membership {
  /** All sockets of the user get `room_added`, but for the one that asked. */
  added: (userId: string, room: Room, exceptSocketId?: string) => void;
  /** All sockets of the user are out of the room at once, and get `room_removed`. */
  removed: (userId: string, roomId: string) => void;
  /** The same for the sockets of this instance alone, of what another has done; told once. */
  removedHere: (userId: string, roomId: string) => void;
  /** What another instance says that it has done. @throws AppError UNAVAILABLE */
  hinted: (change: MembershipNotice) => Promise<void>;
  /** What another instance has done, found in the store; told once. @throws AppError UNAVAILABLE */
  found: (change: MembershipNotice) => Promise<void>;
  /** Nothing is found any more that was told before this time, by performance.now(). */
  forgetBefore: (at: number) => void;
}
