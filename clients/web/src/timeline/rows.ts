import type { ShownMessage } from "@aetherconnect/client";
import { isSameDay } from "../ui/times.ts";

/** A message as it stands below the one before it. */
export interface MessageRow {
  kind: "message";
  key: string;
  message: ShownMessage;
  /** The first of its day. */
  beginsDay: boolean;
  /** The first that wasn't read when the room was opened. */
  isFirstNew: boolean;
  /** By the same sender, soon after: the line that says so, and that it is pinned, isn't needed. */
  isFollowUp: boolean;
}

/** What stands above the first message of all. */
export interface StartRow {
  kind: "start";
  key: "start";
}

export type Row = MessageRow | StartRow;

const followUpMs = 5 * 60_000;

/**
 * The rows of messages that follow one another. While there are older ones the first message is
 * left out: how it looks depends on the one before, and a row that is shown must not change when
 * older ones are put before it.
 */
export function rowsOf(
  messages: readonly ShownMessage[],
  hasOlder: boolean,
  firstNewSeq: number | null,
): Row[] {
  const rows = messages.map((message, i): Row => {
    const before = messages[i - 1];
    const beginsDay = !before || !isSameDay(before.createdAt, message.createdAt);
    const isFirstNew = message.seq === firstNewSeq;
    return {
      kind: "message",
      key: keyOf(message),
      message,
      beginsDay,
      isFirstNew,
      isFollowUp: !beginsDay && !isFirstNew && followsUp(before, message),
    };
  });
  if (hasOlder) return rows.slice(1);
  return [{ kind: "start", key: "start" }, ...rows];
}

/** The same before and after the message is stored. */
export function keyOf({ id, userId, clientMessageId }: ShownMessage): string {
  return clientMessageId ? `${userId} ${clientMessageId}` : id;
}

function followsUp(before: ShownMessage, message: ShownMessage): boolean {
  return (
    before.userId === message.userId &&
    before.username === message.username &&
    message.replyTo === before.replyTo &&
    message.pinnedAt === null &&
    Date.parse(message.createdAt) - Date.parse(before.createdAt) < followUpMs
  );
}
