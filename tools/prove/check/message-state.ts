import { hash } from "node:crypto";
import type { MessageOut } from "#gen/socket-events.ts";

/** What a message consists of, for who compares two forms of it. */
export const aspects = ["sent", "content", "reactions", "pin"] as const;

export type Aspect = (typeof aspects)[number];

/**
 * A message as it stood at some time: its revision, and a digest for each aspect, so that a long run
 * can be kept in memory. Replies aren't in it: they are counted by who sees them.
 */
export type MessageState = string;

export function stateOf(message: MessageOut): MessageState {
  const {
    revision,
    reactions,
    pinnedAt,
    pinnedBy,
    content,
    metadata,
    updatedAt,
    editedAt,
    deletedAt,
    deletedBy,
    mentions,
    mentionsRoom,
    replyCount,
    lastReplyAt,
    ...sent
  } = message;
  return [
    revision,
    // The SDK has them in an order of its own.
    digestOf(Object.entries(sent).sort()),
    digestOf({
      content,
      metadata,
      mentions,
      mentionsRoom,
      updatedAt,
      editedAt,
      deletedAt,
      deletedBy,
    }),
    reactions.length === 0 ? "" : digestOf(reactions),
    pinnedAt === null && pinnedBy === null ? "" : digestOf([pinnedAt, pinnedBy]),
  ].join("/");
}

export function revisionOf(state: MessageState): number {
  return Number(state.slice(0, state.indexOf("/")));
}

/** In what two forms of a message differ. */
export function differences(one: MessageState, other: MessageState): Aspect[] {
  if (one === other) return [];
  const [, ...ones] = one.split("/");
  const [, ...others] = other.split("/");
  return aspects.filter((_, i) => ones[i] !== others[i]);
}

function digestOf(value: object): string {
  return hash("sha1", JSON.stringify(value), "base64url").slice(0, 8);
}
