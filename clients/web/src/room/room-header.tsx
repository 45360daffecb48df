import type { OpenRoom } from "@aetherconnect/client";
import { useChat, useSnapshot } from "../chat.ts";
import { usePresence } from "../shell/presence.tsx";
import { Icon } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Link } from "../ui/link.tsx";
import { RoomAvatar } from "../ui/room-avatar.tsx";
import { ago } from "../ui/times.ts";
import { RoomMenu } from "./room-menu.tsx";
import { useBlock } from "./use-block.ts";
import { useMemberCount } from "./use-members.ts";
import "./room-header.css";

/** What may stand beside the conversation. */
export type PanelName = "members" | "pins" | "search";

interface RoomHeaderProps {
  room: OpenRoom;
  panel: PanelName | undefined;
  onToggle: (panel: PanelName) => void;
}

export function RoomHeader({ room, panel, onToggle }: RoomHeaderProps) {
  const { room: info } = useSnapshot(room);
  const peerId = info?.peer?.userId;
  const presence = usePresence(peerId);
  const block = useBlock(peerId);
  const members = useMemberCount(room);
  if (!info) return <header className="page-header room-header" />;
  const isDirect = info.roomType === "direct";
  const buttons = [
    ...(isDirect
      ? []
      : [
          {
            panel: "members" as const,
            icon: "users" as const,
            label: members === 1 ? "One member" : `${members} members`,
          },
        ]),
    { panel: "pins" as const, icon: "pin" as const, label: "Pinned messages" },
    { panel: "search" as const, icon: "search" as const, label: "Search this room" },
  ];
  return (
    <header className="page-header room-header">
      <Link href="/" className="page-back" aria-label="Back to all rooms">
        <Icon name="arrow-left" />
      </Link>
      <RoomAvatar room={info} size="s" presence={presence} />
      <div className="room-header-names">
        <h1 className="page-title one-line" dir="auto">
          {info.name}
        </h1>
        <p className="room-header-about one-line" dir="auto">
          {block.isBlocked && "Blocked"}
          {isDirect && !block.isBlocked && <PresenceText userId={peerId} />}
          {!isDirect && info.description}
        </p>
      </div>
      {buttons.map(({ panel: name, icon, label }) => (
        <IconButton
          key={name}
          icon={icon}
          label={label}
          isActive={panel === name}
          onPress={() => onToggle(name)}
        />
      ))}
      <RoomMenu room={room} info={info} block={block} />
    </header>
  );
}

function PresenceText({ userId }: { userId: string | undefined }) {
  const presences = useSnapshot(useChat().presence);
  const presence = userId === undefined ? undefined : presences[userId];
  if (!presence) return null;
  if (presence.status === "online") return "Online";
  if (presence.status === "away") return "Away";
  return presence.lastSeenAt ? `Last seen ${ago(presence.lastSeenAt)}` : "Offline";
}
