import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import type { PresenceStatus } from "../ui/avatar.tsx";

const PresenceContext = createContext<(userId: string) => PresenceStatus | undefined>(
  () => undefined,
);

const mostWatched = 200;

/** Watches those whom one writes with directly. */
export function PresenceProvider({ children }: { children: ReactNode }) {
  const chat = useChat();
  const { rooms } = useSnapshot(chat.rooms);
  const statuses = useSnapshot(chat.presence);
  const peers = rooms.flatMap(({ peer }) => (peer ? [peer.userId] : []));
  const watched = [...new Set(peers)].slice(0, mostWatched).sort().join();
  useEffect(() => (watched ? chat.presence.watch(watched.split(",")) : undefined), [chat, watched]);
  const statusOf = useMemo(() => (userId: string) => statuses[userId]?.status, [statuses]);
  return <PresenceContext value={statusOf}>{children}</PresenceContext>;
}

export function usePresence(userId: string | undefined): PresenceStatus | undefined {
  const statusOf = useContext(PresenceContext);
  return userId === undefined ? undefined : statusOf(userId);
}
