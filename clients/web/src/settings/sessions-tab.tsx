import type { Session } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useChat } from "../chat.ts";
import { textOf } from "../errors.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { Icon } from "../ui/icon.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import { ago } from "../ui/times.ts";
import "../ui/card-list.css";

export function SessionsTab() {
  const chat = useChat();
  const [sessions, setSessions] = useState<Session[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    chat.call.listSessions().then((answer) => setSessions(answer.sessions), setError);
  }, [chat]);
  const end = async (sessionId: string) => {
    setError(undefined);
    try {
      await chat.call.endSession({ sessionId });
      setSessions((before) => before?.filter(({ id }) => id !== sessionId));
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <section className="settings-part">
      <h2 className="settings-title">Where you are signed in</h2>
      <FormError text={error === undefined ? undefined : textOf(error)} />
      {!sessions && error === undefined && <Skeletons label="Loading sessions" count={3} />}
      {sessions && (
        <ul className="card-list">
          {sessions.map(({ id, device, lastUsedAt, current }) => (
            <li key={id} className="card-list-item">
              <Icon name="monitor" />
              <div>
                <p className="settings-item-name one-line">
                  <bdi>{deviceName(device)}</bdi>
                </p>
                <p className="settings-item-text">
                  {current ? "This one" : `Last used ${ago(lastUsedAt)}`}
                </p>
              </div>
              {!current && <EndButton end={() => end(id)} />}
            </li>
          ))}
        </ul>
      )}
      <p className="settings-text">
        Signing out everywhere ends all of these, this one too. What isn't sent yet is lost.
      </p>
      <div>
        <Button look="danger" onPress={() => void chat.auth.logoutAll().catch(setError)}>
          Sign out everywhere
        </Button>
      </div>
    </section>
  );
}

function EndButton({ end }: { end: () => Promise<void> }) {
  const [isEnding, setIsEnding] = useState(false);
  const onPress = async () => {
    setIsEnding(true);
    await end();
    setIsEnding(false);
  };
  return (
    <Button onPress={() => void onPress()} isPending={isEnding}>
      End
    </Button>
  );
}

/** The browser and system of a user agent, as far as it says them. */
function deviceName(device: string | null): string {
  if (!device) return "Unknown device";
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(device)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(device)?.[1];
  if (!browser || !system) return device;
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  return `${names[browser] ?? browser} on ${names[system] ?? system}`;
}
