import type { OpenRoom } from "@aetherconnect/client";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { useSnapshot } from "../chat.ts";
import { useSettled } from "../ui/use-settled.ts";

/**
 * Marks as read what somebody who looks has had in sight: the end at once, what is above it when
 * they stop there.
 */
export function useReadMarks(room: OpenRoom, isEndShown: boolean, reached: number): void {
  const { room: info, hasNewer } = useSnapshot(room);
  const hasFocus = useSyncExternalStore(subscribe, () => document.hasFocus());
  const settled = useSettled(reached);
  const seen = isEndShown && !hasNewer ? (info?.lastSeq ?? 0) : settled;
  const furthest = useRef(0);
  useEffect(() => {
    // What is marked as unread stays so until more is seen, or one comes back to it.
    if (!hasFocus) furthest.current = 0;
    else if (seen > furthest.current) {
      furthest.current = seen;
      room.markRead(seen).catch(() => undefined);
    }
  }, [room, hasFocus, seen]);
}

function subscribe(listener: () => void): () => void {
  addEventListener("focus", listener);
  addEventListener("blur", listener);
  return () => {
    removeEventListener("focus", listener);
    removeEventListener("blur", listener);
  };
}
