import { useEffect, useState } from "react";
import { useChat } from "../chat.ts";

export interface Block {
  isBlocked: boolean;
  toggle: () => void;
}

/** Whether one has blocked somebody, as far as it is known. */
export function useBlock(userId: string | undefined): Block {
  const chat = useChat();
  const [isBlocked, setIsBlocked] = useState(false);
  useEffect(() => {
    if (!userId) return;
    const look = async () => {
      const { users } = await chat.call.listBlocks();
      setIsBlocked(users.some((it) => it.userId === userId));
    };
    look().catch(() => undefined);
  }, [chat, userId]);
  const toggle = async () => {
    if (!userId) return;
    await (isBlocked ? chat.call.unblockUser({ userId }) : chat.call.blockUser({ userId }));
    setIsBlocked(!isBlocked);
  };
  return { isBlocked, toggle: () => void toggle().catch(() => undefined) };
}
