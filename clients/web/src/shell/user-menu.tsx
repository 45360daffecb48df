import { useState } from "react";
import { Button } from "react-aria-components";
import { useChat, useMe, useSnapshot } from "../chat.ts";
import { textOf } from "../errors.ts";
import { hrefOf, navigate, type SettingsTab } from "../router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { FormError } from "../ui/form-error.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";
import "./user-menu.css";

/** Who is signed in, and what concerns them. */
export function UserMenu() {
  const chat = useChat();
  const me = useMe();
  const { state } = useSnapshot(chat.connection);
  const go = (tab: SettingsTab) => () => navigate(hrefOf({ page: "settings", tab }));
  const [error, setError] = useState<string>();
  const signOut = async () => {
    try {
      await chat.auth.logout();
      navigate("/");
    } catch (thrown) {
      setError(`You are still signed in. ${textOf(thrown)}`);
    }
  };
  const presence = state === "live" ? "online" : "offline";
  return (
    <div className="user-menu">
      <FormError text={error} />
      <Menu
        label="Your account"
        placement="top start"
        onOpenChange={() => setError(undefined)}
        trigger={
          <Button className="user-menu-button">
            <Avatar userId={me.id} name={me.name} presence={presence} />
            <span className="user-menu-names">
              <bdi className="user-menu-name one-line">{me.name}</bdi>
              <span className="user-menu-username one-line">@{me.username}</span>
            </span>
            <Icon name="chevron-down" />
          </Button>
        }
        groups={[
          [
            { id: "profile", label: "Profile", icon: "pencil", onAction: go("profile") },
            { id: "appearance", label: "Appearance", icon: "sun", onAction: go("appearance") },
            { id: "sessions", label: "Sessions", icon: "monitor", onAction: go("sessions") },
            { id: "blocked", label: "Blocked people", icon: "block", onAction: go("blocked") },
          ],
          [
            {
              id: "sign-out",
              label: "Sign out",
              icon: "sign-out",
              onAction: () => void signOut(),
            },
          ],
        ]}
      />
    </div>
  );
}
