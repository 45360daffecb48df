import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";

/**
 * Whether a member may do what is for moderators: so far a room's creator is its only one. In a
 * direct room both are the same.
 */
export function isModerator(
  { createdBy, roomType }: Pick<Room, "createdBy" | "roomType">,
  userId: string,
): boolean {
  return createdBy === userId && roomType !== RoomType.DIRECT;
}
