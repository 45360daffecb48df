import { useEffect, useState } from "react";
import {
  Autocomplete,
  Dialog,
  Input,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from "react-aria-components";
import { useChat, useMe, useSnapshot } from "../chat.ts";
import { hrefOf, navigate } from "../router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { RoomAvatar } from "../ui/room-avatar.tsx";
import { UnreadBadge } from "../ui/unread-badge.tsx";
import "./quick-switcher.css";

const opened = new EventTarget();

export function openQuickSwitcher(): void {
  opened.dispatchEvent(new Event("open"));
}

/** Ctrl-K: goes to a room or a person by the beginning of their name. */
export function QuickSwitcher() {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const open = () => setIsOpen(true);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setIsOpen((before) => !before);
    };
    opened.addEventListener("open", open);
    document.addEventListener("keydown", onKeyDown);
    return () => {
      opened.removeEventListener("open", open);
      document.removeEventListener("keydown", onKeyDown);
    };
  }, []);
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      isDismissable
      className="dialog-backdrop"
    >
      <Modal className="dialog-modal">
        <Dialog aria-label="Jump to" className="switcher">
          <Switcher onDone={() => setIsOpen(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

const mostShown = 30;

function Switcher({ onDone }: { onDone: () => void }) {
  const { rooms } = useSnapshot(useChat().rooms);
  const me = useMe();
  const { contains } = useFilter({ sensitivity: "base" });
  const [text, setText] = useState("");
  const found = rooms.filter((it) => contains(it.name, text.trim())).slice(0, mostShown);
  const search = `/search?${new URLSearchParams({ q: text })}`;
  const pages = [
    { id: "/browse", icon: "compass", name: "Browse rooms" },
    { id: "/mentions", icon: "at", name: "Mentions" },
    { id: "/settings/profile", icon: undefined, name: "Profile" },
    { id: search, icon: "search", name: `Search messages for “${text}”` },
  ] as const;
  const foundPages = pages.filter(({ id, name }) =>
    id.startsWith("/search") ? text.trim() : contains(name, text.trim()),
  );
  const go = (href: string) => {
    onDone();
    navigate(href);
  };
  return (
    <Autocomplete inputValue={text} onInputChange={setText} disableAutoFocusFirst={false}>
      <SearchField aria-label="Name of a room, a person or a page" autoFocus>
        <Input className="switcher-input" placeholder="Jump to a room or a person" />
      </SearchField>
      <ListBox
        aria-label="Places"
        className="switcher-list scrolls"
        onAction={(key) => go(String(key))}
        renderEmptyState={() => <p className="switcher-empty">Nothing has this name</p>}
      >
        {found.map((room) => (
          <ListBoxItem
            key={room.id}
            id={hrefOf({ page: "room", roomId: room.id })}
            textValue={room.name}
            className="switcher-item"
          >
            <RoomAvatar room={room} size="s" />
            <bdi className="one-line">{room.name}</bdi>
            <UnreadBadge room={room} />
          </ListBoxItem>
        ))}
        {foundPages.map(({ id, icon, name }) => (
          <ListBoxItem key={id} id={id} textValue={name} className="switcher-item is-page">
            {icon ? (
              <span className="switcher-icon">
                <Icon name={icon} />
              </span>
            ) : (
              <Avatar userId={me.id} name={me.name} size="s" />
            )}
            <bdi className="one-line">{name}</bdi>
          </ListBoxItem>
        ))}
      </ListBox>
    </Autocomplete>
  );
}
