import type { OpenRoom } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useMe } from "../chat.ts";

/** Says new messages of others to who can't see them come. */
export function LiveRegion({ room }: { room: OpenRoom }) {
  const myId = useMe().id;
  const [lines, setLines] = useState<{ id: string; text: string }[]>([]);
  useEffect(() => {
    const messages = room.live();
    const listen = async () => {
      for await (const { id, userId, username, content } of messages) {
        if (userId === myId) continue;
        setLines((before) => [...before.slice(-4), { id, text: `${username}: ${content}` }]);
      }
    };
    void listen();
    return () => void messages.return?.();
  }, [room, myId]);
  return (
    <div className="hidden-text" role="log" aria-label="New messages">
      {lines.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
