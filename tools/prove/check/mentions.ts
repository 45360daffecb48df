import type { MessageOut } from "#gen/socket-events.ts";

/** Whether a message mentions a user who is a member of its room. */
export function isMentioned(message: MessageOut, userId: string): boolean {
  const { mentions, mentionsRoom } = message;
  return mentions.includes(userId) || (mentionsRoom && message.userId !== userId);
}
