import { hrefOf, type SettingsTab, settingsTabs } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { AppearanceTab } from "./appearance-tab.tsx";
import { BlockedTab } from "./blocked-tab.tsx";
import { ProfileTab } from "./profile-tab.tsx";
import { SessionsTab } from "./sessions-tab.tsx";
import "./settings-page.css";

const names: Record<SettingsTab, string> = {
  profile: "Profile",
  appearance: "Appearance",
  sessions: "Sessions",
  blocked: "Blocked people",
};

const tabs = {
  profile: ProfileTab,
  appearance: AppearanceTab,
  sessions: SessionsTab,
  blocked: BlockedTab,
};

export function SettingsPage({ tab }: { tab: SettingsTab }) {
  const Tab = tabs[tab];
  return (
    <main className="page">
      <PageHeader title="Settings" />
      <div className="page-body scrolls">
        <div className="page-column">
          <nav className="settings-tabs" aria-label="Settings">
            {settingsTabs.map((it) => (
              <Link
                key={it}
                href={hrefOf({ page: "settings", tab: it })}
                className="settings-tab"
                {...(it === tab && { "aria-current": "page" })}
              >
                {names[it]}
              </Link>
            ))}
          </nav>
          <Tab />
        </div>
      </div>
    </main>
  );
}
