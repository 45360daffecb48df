import { useEffect } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { RoomPage } from "../room/room-page.tsx";
import { BrowsePage } from "../rooms/browse-page.tsx";
import { type SettingsTab, useRoute } from "../router.ts";
import { MentionsPage } from "../search/mentions-page.tsx";
import { SearchPage } from "../search/search-page.tsx";
import { emojiPicker } from "../ui/emoji-button.tsx";
import { createLoadable, useLoadable } from "../ui/loadable.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { ConnectionLine } from "./connection-line.tsx";
import { HomePage } from "./home-page.tsx";
import { PresenceProvider } from "./presence.tsx";
import { QuickSwitcher } from "./quick-switcher.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TitleCount } from "./title-count.tsx";
import "./shell.css";

const settingsPage = createLoadable(async () => {
  const { SettingsPage } = await import("../settings/settings-page.tsx");
  return SettingsPage;
});

/** Everything that is seen by who is signed in: the rooms at the side, and one page beside them. */
export function Shell() {
  const route = useRoute();
  useEarlyLoads();
  return (
    <PresenceProvider>
      <div className="shell" data-page={route.page}>
        <TitleCount />
        <ConnectionLine />
        <Sidebar />
        <div className="shell-page">
          <Page />
        </div>
        <QuickSwitcher />
      </div>
    </PresenceProvider>
  );
}

function Page() {
  const route = useRoute();
  switch (route.page) {
    case "room":
      return <RoomPage key={route.roomId} route={route} />;
    case "browse":
      return <BrowsePage />;
    case "search":
      return <SearchPage query={route.query} />;
    case "mentions":
      return <MentionsPage />;
    case "settings":
      return <Settings tab={route.tab} />;
    default:
      return <HomePage />;
  }
}

function Settings({ tab }: { tab: SettingsTab }) {
  const { loaded: SettingsPage, failed } = useLoadable(settingsPage);
  if (SettingsPage) return <SettingsPage tab={tab} />;
  return (
    <main className="page" aria-busy={!failed}>
      <PageHeader title="Settings" />
      {failed}
    </main>
  );
}

/** Loads these before they are needed: offline, or after an update, they can't be loaded. */
function useEarlyLoads(): void {
  const isLive = useSnapshot(useChat().connection).state === "live";
  useEffect(() => {
    if (!isLive) return;
    for (const { load } of [settingsPage, emojiPicker]) load().catch(() => undefined);
  }, [isLive]);
}
