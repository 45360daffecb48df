import type { ShownMessage } from "@aetherconnect/client";
import { useSnapshot } from "../chat.ts";
import { useRoomContext } from "./room-context.ts";
import "./reply-line.css";

/** What a message replies to, and the way to the thread. */
export function ReplyLine({ message }: { message: ShownMessage }) {
  const { room, openThread } = useRoomContext();
  const { messages } = useSnapshot(room);
  const { replyTo, threadSeq } = message;
  if (replyTo === null) return null;
  const original = messages[replyTo - (messages[0]?.seq ?? 0)];
  return (
    <button type="button" className="reply-line" onClick={() => openThread(threadSeq ?? replyTo)}>
      <span className="hidden-text">In reply to </span>
      {original ? (
        <>
          <bdi className="reply-line-name">{original.username}</bdi>
          <bdi className="one-line">
            {original.deletedAt ? "a deleted message" : original.content}
          </bdi>
        </>
      ) : (
        "an earlier message"
      )}
    </button>
  );
}
