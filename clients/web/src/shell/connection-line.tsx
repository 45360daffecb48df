import { useState } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { Icon } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { problemTexts } from "./problem-texts.ts";
import "./connection-line.css";

/** Says what is wrong with the connection and the browser, while it is. */
export function ConnectionLine() {
  const chat = useChat();
  const trouble = useTrouble();
  const problems = useSnapshot(chat.problems).map((it) => it.code);
  const isServerNewer = useSnapshot(chat.isServerNewer);
  const [known, setKnown] = useState<readonly string[]>([]);
  const waiting = useSnapshot(chat.outbox).filter((it) => it.status === "pending").length;
  return (
    <div role="status" className="connection-line">
      {trouble && (
        <p className="connection-line-text">
          <Icon name="offline" />
          <span>
            {trouble}
            {waiting > 0 ? `: ${countOf(waiting)} will be sent when you are back` : ""}
          </span>
          <button type="button" className="text-button" onClick={() => chat.connection.retry()}>
            Try now
          </button>
        </p>
      )}
      {[...problems, ...(isServerNewer ? (["CONTRACT_NEWER"] as const) : [])]
        .filter((code) => !known.includes(code))
        .map((code) => (
          <p key={code} className="connection-line-text">
            <Icon name="alert" />
            <span>{problemTexts[code]}</span>
            <IconButton
              icon="close"
              label="Hide"
              size="s"
              onPress={() => setKnown([...known, code])}
            />
          </p>
        ))}
    </div>
  );
}

/** What is wrong with the connection. It is said on while another try is under way. */
function useTrouble(): string | undefined {
  const { state, waitingFor, reason } = useSnapshot(useChat().connection);
  const [said, setSaid] = useState<string>();
  let trouble: string | undefined;
  if (state === "connecting") trouble = said;
  else if (state === "offline" && waitingFor !== "page") trouble = "You are offline";
  // A page that is left goes offline too, and gives no reason.
  else if (state === "offline" && reason) trouble = "Open in too many places";
  if (trouble !== said) setSaid(trouble);
  return trouble;
}

function countOf(changes: number): string {
  return changes === 1 ? "one change" : `${changes} changes`;
}
