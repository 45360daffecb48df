import type { Member, OpenRoom } from "@aetherconnect/client";
import { useMemo } from "react";
import { useMe, useSnapshot } from "../chat.ts";

/** Who has read up to which message, in rooms where that is shown; oneself is left out. */
export function useReaders(room: OpenRoom): ReadonlyMap<number, readonly Member[]> {
  const { reads, members, room: info } = useSnapshot(room);
  const myId = useMe().id;
  const lastSeq = info?.lastSeq ?? 0;
  return useMemo(() => {
    const readers = new Map<number, Member[]>();
    for (const member of members ?? []) {
      const seq = Math.min(reads[member.userId] ?? 0, lastSeq);
      if (seq === 0 || member.userId === myId) continue;
      readers.set(seq, [...(readers.get(seq) ?? []), member]);
    }
    return readers;
  }, [reads, members, lastSeq, myId]);
}
