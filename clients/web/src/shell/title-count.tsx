import { useEffect } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { unreadOf } from "../ui/unread-badge.tsx";

/** Says in the title of the page how much of what is unread is for this user. */
export function TitleCount() {
  const { rooms } = useSnapshot(useChat().rooms);
  const count = rooms.reduce((sum, room) => sum + unreadOf(room).forMe, 0);
  useEffect(() => {
    document.title = count > 0 ? `(${count}) Aetherconnect` : "Aetherconnect";
  }, [count]);
  return null;
}
