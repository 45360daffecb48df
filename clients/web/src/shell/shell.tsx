import { lazy, Suspense } from "react";
import { RoomPage } from "../room/room-page.tsx";
import { BrowsePage } from "../rooms/browse-page.tsx";
import { useRoute } from "../router.ts";
import { MentionsPage } from "../search/mentions-page.tsx";
import { SearchPage } from "../search/search-page.tsx";
import { ConnectionLine } from "./connection-line.tsx";
import { HomePage } from "./home-page.tsx";
import { PresenceProvider } from "./presence.tsx";
import { QuickSwitcher } from "./quick-switcher.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TitleCount } from "./title-count.tsx";
import "./shell.css";

const SettingsPage = lazy(() => import("../settings/settings-page.tsx"));

/** Everything that is seen by who is signed in: the rooms at the side, and one page beside them. */
export function Shell() {
  const route = useRoute();
  return (
    <PresenceProvider>
      <div className="shell" data-page={route.page}>
        <TitleCount />
        <ConnectionLine />
        <Sidebar />
        <div className="shell-page">
          <Suspense>
            <Page />
          </Suspense>
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
      return <SettingsPage tab={route.tab} />;
    default:
      return <HomePage />;
  }
}
