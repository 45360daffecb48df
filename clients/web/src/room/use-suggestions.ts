import type { Member } from "@aetherconnect/client";
import { type KeyboardEvent, type RefObject, useState } from "react";
import { replaceText } from "../ui/growing-field.tsx";

interface SuggestionsOptions {
  field: RefObject<HTMLTextAreaElement | null>;
  draft: string;
  setDraft: (draft: string) => void;
  members: readonly Member[] | undefined;
  myId: string;
}

const mostShown = 6;

/** The members that are meant while an `@` with the beginning of a name is being written. */
export function useSuggestions({ field, draft, setDraft, members, myId }: SuggestionsOptions) {
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [dismissed, setDismissed] = useState<string>();
  const [, start] = /(?:^|\s)@([\w.-]{0,32})$/.exec(draft.slice(0, caret)) ?? [];
  const isWanted = start !== undefined && dismissed !== draft.slice(0, caret - start.length);
  const found = isWanted
    ? (members ?? []).filter((it) => it.userId !== myId && fits(it, start)).slice(0, mostShown)
    : [];
  const chosen = Math.min(active, Math.max(found.length - 1, 0));

  const look = () => {
    setCaret(field.current?.selectionStart ?? 0);
    setActive(0);
  };
  const pick = (member: Member) => {
    if (!field.current) return;
    const begin = caret - (start?.length ?? 0);
    setDraft(replaceText(field.current, begin, caret, `${member.username} `));
    look();
  };
  /** Answers whether the key was for the suggestions. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const member = found[chosen];
    if (!member) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setActive((chosen + step + found.length) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(member);
    else if (event.key === "Escape") setDismissed(draft.slice(0, caret - (start?.length ?? 0)));
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { members: found, active: chosen, look, pick, onKeyDown };
}

function fits({ username, name }: Member, start: string): boolean {
  const wanted = start.toLowerCase();
  const words = [username, ...name.split(" ")].map((it) => it.toLowerCase());
  return words.some((it) => it.startsWith(wanted));
}
