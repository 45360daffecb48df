import type { ShownMessage } from "@aetherconnect/client";
import { useMemberNames } from "../room/use-members.ts";
import { useRoomContext } from "./room-context.ts";
import "./reactions.css";

export function Reactions({ message }: { message: ShownMessage }) {
  const { room, myId, isReadOnly } = useRoomContext();
  const members = useMemberNames(room);
  const { seq, reactions } = message;
  const toggle = (emoji: string, isMine: boolean) => {
    // A refusal stands at the message.
    (isMine ? room.unreact(seq, emoji) : room.react(seq, emoji)).catch(() => undefined);
  };
  return (
    <ul className="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, count, userIds }) => {
        const isMine = userIds.includes(myId);
        const names = userIds.map((id) => (id === myId ? "you" : (members.get(id)?.name ?? "?")));
        return (
          <li key={emoji}>
            <button
              type="button"
              className="reaction"
              aria-pressed={isMine}
              aria-label={`${emoji} ${count}`}
              title={names.join(", ")}
              disabled={isReadOnly}
              onClick={() => toggle(emoji, isMine)}
            >
              <span className="reaction-emoji">{emoji}</span>
              <span className="reaction-count">{count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
