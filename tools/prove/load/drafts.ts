import type { SendLog } from "../check/run-log.ts";
import type { Random } from "../random.ts";

/** Whose message it is, and where it goes. */
interface Origin extends Pick<SendLog, "client" | "userId" | "roomId" | "via"> {
  /** Counts the client's messages. */
  n: number;
  /** The room's last message, as far as the client knows. */
  lastSeq: number;
}

const replyShare = 0.1;
/** A reply is to one of so many newest. */
const repliedTo = 20;
const mentionShare = 0.08;
const mentionRoomShare = 0.02;
const mostMentioned = 4;

/** Makes up messages: now and then a reply, or one that mentions somebody. */
export function createDrafts(
  mentionable: readonly string[],
  random: Random,
): (origin: Origin) => SendLog {
  const someReply = (lastSeq: number) =>
    lastSeq > 0 && random.next() < replyShare
      ? Math.max(lastSeq - Math.floor(random.next() * repliedTo), 1)
      : undefined;
  return ({ n, lastSeq, ...origin }) => {
    const clientMessageId = `${origin.client}_${origin.via}_${n}`;
    const isMentioning = random.next() < mentionShare;
    return {
      ...origin,
      clientMessageId,
      content: `${clientMessageId} ${"žluťoučký 🐎 ".repeat(Math.floor(random.next() ** 3 * 20))}.`,
      replyTo: someReply(lastSeq),
      mentions: isMentioning ? random.shuffle(mentionable).slice(0, mostMentioned) : [],
      mentionsRoom: random.next() < mentionRoomShare,
      attempts: 0,
      isInDoubt: false,
      firstAt: Date.now(),
      ack: undefined,
      refusal: undefined,
    };
  };
}
