import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";

/** A room of more members is mentioned as a whole by its moderators alone. */
export const mostMentioned = 50;

/** Stands where a user would, for all members of the room. */
export const everyone = "*";

/** Under which names the mentions of a message are found. Who is mentioned with all isn't twice. */
export function mentionKeysOf({
  mentions,
  mentionsRoom,
}: Pick<Message, "mentions" | "mentionsRoom">): readonly string[] {
  return mentionsRoom ? [everyone] : mentions;
}
