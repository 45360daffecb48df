import type { Member, SendOptions } from "@aetherconnect/client";
import { mentionsIn } from "../message/pieces.ts";

const mostMentions = 20;

/** Whom one mentions by what one has written, as it is sent. */
export function mentionsOf(
  content: string,
  members: readonly Member[] | undefined,
): Pick<SendOptions, "mentions" | "mentionsRoom"> {
  const all = members ?? [];
  const names = mentionsIn(content, new Set(all.map(({ username }) => username)));
  if (names.size === 0) return {};
  const mentions = all.filter((it) => names.has(it.username)).map(({ userId }) => userId);
  return {
    mentions: mentions.slice(0, mostMentions),
    ...(names.has(null) && { mentionsRoom: true }),
  };
}
