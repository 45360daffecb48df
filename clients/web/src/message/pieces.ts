import { find } from "linkifyjs";

/** A part of what somebody has written, and where it begins. */
export type Piece =
  | { kind: "text"; at: number; text: string }
  | { kind: "link"; at: number; text: string; href: string }
  /** `username` is null for all of the room. */
  | { kind: "mention"; at: number; text: string; username: string | null };

export const wholeRoom = "room";

/** Links that open something else than a page or a letter stay text. */
const safeSchemes = /^(https?|mailto):/i;
const mentionPattern = /(?<![\w@./-])@([A-Za-z0-9_.-]{2,31}[A-Za-z0-9_-])/g;

export function piecesOf(content: string, usernames: ReadonlySet<string>): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { start, end: linkEnd, value, href, isLink } of find(content)) {
    if (!isLink || !safeSchemes.test(href)) continue;
    pieces.push(...withMentions(content.slice(end, start), end, usernames));
    pieces.push({ kind: "link", at: start, text: value, href });
    end = linkEnd;
  }
  pieces.push(...withMentions(content.slice(end), end, usernames));
  return pieces;
}

/** The usernames that a text mentions, of those that are given. */
export function mentionsIn(content: string, usernames: ReadonlySet<string>): Set<string | null> {
  const mentions = piecesOf(content, usernames).filter((it) => it.kind === "mention");
  return new Set(mentions.map((it) => it.username));
}

function withMentions(text: string, at: number, usernames: ReadonlySet<string>): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(mentionPattern)) {
    const [whole, name = ""] = match;
    const isRoom = name === wholeRoom;
    if (!isRoom && !usernames.has(name)) continue;
    if (match.index > end) {
      pieces.push({ kind: "text", at: at + end, text: text.slice(end, match.index) });
    }
    pieces.push({
      kind: "mention",
      at: at + match.index,
      text: whole,
      username: isRoom ? null : name,
    });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push({ kind: "text", at: at + end, text: text.slice(end) });
  return pieces;
}
