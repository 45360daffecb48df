import type { Member, OpenRoom } from "@aetherconnect/client";
import { useEffect, useMemo } from "react";
import { useSnapshot } from "../chat.ts";

/** So many are loaded at most. */
const mostMembers = 1_000;

/** Keeps the list of members loaded: anew when somebody writes who isn't in it. */
export function useMembers(room: OpenRoom): void {
  const { room: info, members, messages } = useSnapshot(room);
  const isThere = info !== undefined;
  const writer = messages.at(-1)?.userId;
  const isNew = members && !members.some((it) => it.userId === writer) ? writer : undefined;
  useEffect(() => {
    // Without them names are missing, nothing else.
    if (isThere || isNew) room.loadMembers().catch(() => undefined);
  }, [room, isThere, isNew]);
}

export function useMemberNames(room: OpenRoom): ReadonlyMap<string, Member> {
  const { members } = useSnapshot(room);
  return useMemo(() => new Map((members ?? []).map((it) => [it.userId, it])), [members]);
}

/** How many are in the room: those that are loaded are newer than what the room says. */
export function useMemberCount(room: OpenRoom): number {
  const { room: info, members } = useSnapshot(room);
  const isAll = members && members.length < mostMembers;
  return isAll ? members.length : (info?.memberCount ?? 0);
}
