import type { ShownMessage } from "@aetherconnect/client";
import { useState } from "react";
import { hrefOf } from "../router.ts";
import { EmojiButton } from "../ui/emoji-button.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Menu, type MenuAction } from "../ui/menu.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { useRoomContext } from "./room-context.ts";
import "./toolbar.css";

interface ToolbarProps {
  message: ShownMessage;
  onMenuChange: (isOpen: boolean) => void;
}

/** What can be done with a message; there while it is pointed at or focused. */
export function Toolbar({ message, onMenuChange }: ToolbarProps) {
  const { room, myId, isReadOnly, isThread, setEditing, openThread, ...may } = useRoomContext();
  const [isDeleting, setIsDeleting] = useState(false);
  const { seq, userId, content, pinnedAt, roomId } = message;
  const isMine = userId === myId;
  // A refusal stands at the message, or changes nothing.
  const ignore = () => undefined;
  const copyLink = () => {
    const href = hrefOf({ page: "room", roomId, seq });
    navigator.clipboard.writeText(location.origin + href).catch(ignore);
  };

  const writing: MenuAction[] = isReadOnly
    ? []
    : [
        ...(isMine
          ? [
              {
                id: "edit",
                label: "Edit",
                icon: "pencil" as const,
                onAction: () => setEditing(seq),
              },
            ]
          : []),
        ...(may.mayPin
          ? [
              {
                id: "pin",
                label: pinnedAt ? "Unpin" : "Pin",
                icon: "pin" as const,
                onAction: () => void (pinnedAt ? room.unpin(seq) : room.pin(seq)).catch(ignore),
              },
            ]
          : []),
      ];
  const reading: MenuAction[] = [
    {
      id: "unread",
      label: "Mark as unread",
      icon: "unread",
      onAction: () => void room.markUnread(seq).catch(ignore),
    },
    {
      id: "copy",
      label: "Copy text",
      icon: "copy",
      onAction: () => void navigator.clipboard.writeText(content).catch(ignore),
    },
    { id: "copy-link", label: "Copy link", icon: "link", onAction: copyLink },
  ];
  const deleting: MenuAction[] =
    !isReadOnly && (isMine || may.mayDeleteOthers)
      ? [
          {
            id: "delete",
            label: "Delete",
            icon: "trash",
            isDanger: true,
            onAction: () => {
              setIsDeleting(true);
              onMenuChange(true);
            },
          },
        ]
      : [];

  return (
    <div className="toolbar" role="toolbar" aria-label="Message">
      {!isReadOnly && (
        <EmojiButton
          label="React"
          size="s"
          onOpenChange={onMenuChange}
          onPick={(emoji) => void room.react(seq, emoji).catch(ignore)}
        />
      )}
      {!isThread && (
        <IconButton
          icon="thread"
          label="Reply in thread"
          size="s"
          onPress={() => openThread(message.threadSeq ?? seq)}
        />
      )}
      <Menu
        label="Message"
        trigger={<IconButton icon="more" label="More" size="s" />}
        onOpenChange={onMenuChange}
        groups={[writing, reading, deleting]}
      />
      {isDeleting && (
        <DeleteDialog
          message={message}
          onClose={() => {
            setIsDeleting(false);
            onMenuChange(false);
          }}
        />
      )}
    </div>
  );
}
