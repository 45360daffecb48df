import type { ChatErrorInfo } from "./errors.ts";
import type { Message, User } from "./gen/contract.ts";
import type { OutboxEntry } from "./outbox-types.ts";

/** A message as it is shown: with what this user has done to it and the server doesn't know yet. */
export type ShownMessage = Message & {
  /** `pending`: on its way. `failed`: refused, to be retried or discarded. */
  status?: "pending" | "failed";
  /** The entry of the outbox that `retry` and `discard` take. */
  localId?: string;
  error?: ChatErrorInfo;
};

/** A message that waits to be sent. It has no place yet: its `seq` is 0. */
export function shownDraft(entry: OutboxEntry, user: User, offsetMs: number): ShownMessage[] {
  if (entry.kind !== "send") return [];
  const { roomId, content, messageType, metadata, replyTo, mentions, mentionsRoom } = entry.request;
  const time = new Date(entry.at + offsetMs).toISOString();
  return [
    {
      id: entry.id,
      clientMessageId: entry.id,
      seq: 0,
      roomId,
      userId: user.id,
      username: user.name,
      content,
      messageType: messageType ?? "text",
      metadata: metadata ?? null,
      createdAt: time,
      updatedAt: time,
      ...untouched,
      replyTo: replyTo ?? null,
      threadSeq: replyTo ?? null,
      mentions: mentions ?? [],
      mentionsRoom: mentionsRoom ?? false,
      ...statusOf(entry),
    },
  ];
}

const untouched = {
  revision: 0,
  replyTo: null,
  threadSeq: null,
  mentions: [],
  mentionsRoom: false,
  editedAt: null,
  deletedAt: null,
  deletedBy: null,
  reactions: [],
  replyCount: 0,
  lastReplyAt: null,
  pinnedAt: null,
  pinnedBy: null,
};

/** A server of contract 1.0 leaves out what its messages can't have. */
export const whole = (message: Message): Message => ({ ...untouched, ...message });

/** A stored message with the entries of the outbox that are about it. */
export function shown(message: Message, entries: readonly OutboxEntry[], user: User): ShownMessage {
  return entries.reduce<ShownMessage>((before, entry) => {
    if (!("seq" in entry.request) || entry.request.seq !== message.seq) return before;
    const after = entry.status === "failed" ? before : applied(before, entry, user.id);
    return entry.kind === "read" ? before : { ...after, ...statusOf(entry) };
  }, message);
}

function statusOf({ status, id, error }: OutboxEntry) {
  return { status, localId: id, ...(error && { error }) };
}

function applied(message: Message, entry: OutboxEntry, userId: string): Message {
  const now = new Date(entry.at).toISOString();
  switch (entry.kind) {
    case "edit":
      return { ...message, content: entry.request.content, editedAt: now };
    case "delete":
      return { ...message, content: "", reactions: [], deletedAt: now, deletedBy: userId };
    case "react":
      return { ...message, reactions: withReaction(message, entry.request.emoji, userId) };
    case "unreact":
      return { ...message, reactions: withoutReaction(message, entry.request.emoji, userId) };
    default:
      return message;
  }
}

function withReaction({ reactions }: Message, emoji: string, userId: string) {
  const known = reactions.find((it) => it.emoji === emoji);
  if (!known) return [...reactions, { emoji, count: 1, userIds: [userId] }];
  if (known.userIds.includes(userId)) return reactions;
  const more = { ...known, count: known.count + 1, userIds: [...known.userIds, userId] };
  return reactions.map((it) => (it === known ? more : it));
}

function withoutReaction({ reactions }: Message, emoji: string, userId: string) {
  return reactions.flatMap((it) => {
    if (it.emoji !== emoji || !it.userIds.includes(userId)) return [it];
    const userIds = it.userIds.filter((id) => id !== userId);
    return it.count > 1 ? [{ ...it, count: it.count - 1, userIds }] : [];
  });
}
