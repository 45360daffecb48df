import { useState } from "react";
import { readLocal, writeLocal } from "../local.ts";

/** What is being written in a room or thread, kept through reloads. */
export function useDraft(userId: string, place: string): [string, (text: string) => void] {
  const key = `aetherconnect.draft ${userId} ${place}`;
  const [draft, setDraft] = useState(() => readLocal(key) ?? "");
  const change = (text: string) => {
    setDraft(text);
    writeLocal(key, text.trim() ? text : null);
  };
  return [draft, change];
}
