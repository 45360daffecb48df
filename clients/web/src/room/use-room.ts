import type { OpenRoom } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useChat } from "../chat.ts";

/** The room, joined for as long as what calls this is shown. */
export function useRoom(roomId: string): OpenRoom | undefined {
  const chat = useChat();
  const [room, setRoom] = useState<OpenRoom>();
  useEffect(() => {
    const opened = chat.rooms.get(roomId);
    setRoom(opened);
    return () => opened.close();
  }, [chat, roomId]);
  return room?.id === roomId ? room : undefined;
}
