import type { ShownMessage } from "@aetherconnect/client";
import { Icon } from "../ui/icon.tsx";
import { ago } from "../ui/times.ts";
import { useRoomContext } from "./room-context.ts";
import "./thread-line.css";

export function ThreadLine({ message }: { message: ShownMessage }) {
  const { openThread } = useRoomContext();
  const { seq, replyCount, lastReplyAt } = message;
  return (
    <button type="button" className="thread-line" onClick={() => openThread(seq)}>
      <Icon name="thread" />
      {replyCount === 1 ? "1 reply" : `${replyCount} replies`}
      {lastReplyAt && <span className="thread-line-time">{ago(lastReplyAt)}</span>}
    </button>
  );
}
