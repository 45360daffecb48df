import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";

/** Tells open sockets who has come and gone. */
export interface Membership {
  /** All sockets of the user get `room_added`, but for the one that asked. */
  added: (userId: string, room: Room, exceptSocketId?: string) => void;
  /** All sockets of the user are out of the room at once, and get `room_removed`. */
  removed: (userId: string, roomId: string) => void;
  /** The same for the sockets of this instance alone, of what another has done. */
  removedHere: (userId: string, roomId: string) => void;
}
