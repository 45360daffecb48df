import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MembershipChange } from "./store/store.ts";

/** Tells open sockets who has come and gone. */
export interface Membership {
  /** All sockets of the user get `room_added`, but for the one that asked. */
  added: (userId: string, room: Room, exceptSocketId?: string) => void;
  /** All sockets of the user are out of the room at once, and get `room_removed`. */
  removed: (userId: string, roomId: string) => void;
  /** The same for the sockets of this instance alone, of what another has done. */
  removedHere: (userId: string, roomId: string) => void;
  /** The same for what another instance has done, found in the store; told once. */
  found: (change: MembershipChange) => Promise<void>;
}
