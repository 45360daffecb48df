import { useEffect, useRef, useState } from "react";

/**
 * Where the line stands above what is new: at what was unread when the room was opened, and later
 * at what came while nobody looked, or was marked as unread.
 */
export function useNewLine(
  firstUnreadSeq: number | null,
  lastSeq: number,
): [number | null, () => void] {
  const [line, setLine] = useState(firstUnreadSeq);
  const known = useRef({ firstUnreadSeq, lastSeq });
  useEffect(() => {
    const before = known.current;
    known.current = { firstUnreadSeq, lastSeq };
    if (firstUnreadSeq === null || firstUnreadSeq === before.firstUnreadSeq) return;
    const { firstUnreadSeq: firstBefore = null } = before;
    // Who reads on leaves the line where it is.
    if (firstBefore !== null && firstUnreadSeq > firstBefore) return;
    const isMarkedUnread = firstUnreadSeq <= before.lastSeq;
    if (isMarkedUnread || !document.hasFocus()) setLine(firstUnreadSeq);
  }, [firstUnreadSeq, lastSeq]);
  return [line, () => setLine(null)];
}
