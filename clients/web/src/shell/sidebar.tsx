import { useChat, useSnapshot } from "../chat.ts";
import { useRoute } from "../router.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Logo } from "../ui/logo.tsx";
import { NewMenu } from "./new-menu.tsx";
import { openQuickSwitcher } from "./quick-switcher.tsx";
import { RoomList } from "./room-list.tsx";
import { UserMenu } from "./user-menu.tsx";
import "./sidebar.css";

export function Sidebar() {
  const { rooms } = useSnapshot(useChat().rooms);
  const mentions = rooms.reduce((sum, { membership }) => {
    return sum + (membership && membership.notify !== "none" ? membership.mentionCount : 0);
  }, 0);
  // Every other page has a heading of its own.
  const Title = useRoute().page === "home" ? "h1" : "div";
  return (
    <div className="sidebar">
      <header className="sidebar-head">
        <Title className="sidebar-title">
          <Logo />
        </Title>
        <NewMenu />
      </header>
      <button type="button" className="sidebar-jump" onClick={openQuickSwitcher}>
        <Icon name="search" />
        <span>Jump to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <nav className="sidebar-nav scrolls" aria-label="Rooms and pages">
        <ul className="sidebar-pages">
          <PageLink page="mentions" icon="at" label="Mentions" count={mentions} />
          <PageLink page="search" icon="search" label="Search" />
          <PageLink page="browse" icon="compass" label="Browse rooms" />
        </ul>
        <RoomList />
      </nav>
      <UserMenu />
    </div>
  );
}

interface PageLinkProps {
  page: "mentions" | "search" | "browse";
  icon: IconName;
  label: string;
  count?: number;
}

function PageLink({ page, icon, label, count = 0 }: PageLinkProps) {
  const isCurrent = useRoute().page === page;
  return (
    <li>
      <Link
        href={`/${page}`}
        className="sidebar-page"
        {...(isCurrent && { "aria-current": "page" })}
      >
        <Icon name={icon} />
        {label}
        {count > 0 && <span className="badge badge-mention">{count}</span>}
      </Link>
    </li>
  );
}
