import { ChatError, type Member, type OpenRoom } from "@aetherconnect/client";
import { useEffect, useMemo } from "react";
import { useSnapshot } from "../chat.ts";

/** So many are loaded at most. */
const mostMembers = 1_000;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Keeps the list of members loaded: anew when somebody writes who isn't in it. */
export function useMembers(room: OpenRoom): void {
  const { room: info, members, messages } = useSnapshot(room);
  const isThere = info !== undefined;
  const writer = messages.at(-1)?.userId;
  const isNew = members && !members.some((it) => it.userId === writer) ? writer : undefined;
  useEffect(() => {
    if (!isThere && !isNew) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLeft = false;
    // Without them nobody can be mentioned.
    const load = async (pauseMs = firstPauseMs) => {
      try {
        await room.loadMembers();
      } catch (error) {
        if (isLeft || !(error instanceof ChatError && error.isPassing)) return;
        timer = setTimeout(load, pauseMs, Math.min(2 * pauseMs, longestPauseMs));
      }
    };
    void load();
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
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
