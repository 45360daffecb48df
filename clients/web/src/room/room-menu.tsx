import type { OpenRoom, Room as RoomInfo } from "@aetherconnect/client";
import { useState } from "react";
import { useChat } from "../chat.ts";
import { AddMemberDialog } from "../rooms/add-member-dialog.tsx";
import { navigate } from "../router.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Menu } from "../ui/menu.tsx";
import type { Block } from "./use-block.ts";

interface RoomMenuProps {
  room: OpenRoom;
  info: RoomInfo;
  block: Block;
}

const levels = [
  { id: "all", label: "All messages" },
  { id: "mentions", label: "Mentions" },
  { id: "none", label: "Nothing" },
] as const;

/** What can be done with a room as a whole. */
export function RoomMenu({ room, info, block }: RoomMenuProps) {
  const chat = useChat();
  const [dialog, setDialog] = useState<"add" | "leave">();
  const close = () => setDialog(undefined);
  const { name, roomType, membership } = info;
  const isDirect = roomType === "direct";
  const notify = (id: string) => {
    const level = levels.find((it) => it.id === id)?.id;
    // Refused, it stays as the menu shows it.
    if (level) room.setNotify(level).catch(() => undefined);
  };
  const leave = async () => {
    await chat.rooms.leave(room.id);
    navigate("/");
  };
  return (
    <>
      <Menu
        label="Room"
        trigger={
          <IconButton icon="more" label={`More about this ${isDirect ? "conversation" : "room"}`} />
        }
        groups={[
          roomType === "private"
            ? [{ id: "add", label: "Add somebody", icon: "plus", onAction: () => setDialog("add") }]
            : [],
          {
            title: "Notify me of",
            options: levels,
            chosen: membership?.notify,
            onChoose: notify,
          },
          isDirect
            ? [
                {
                  id: "block",
                  label: block.isBlocked ? "Unblock" : "Block",
                  icon: "block",
                  isDanger: !block.isBlocked,
                  onAction: block.toggle,
                },
                {
                  id: "leave",
                  label: "Close conversation",
                  icon: "sign-out",
                  onAction: () => void leave().catch(() => undefined),
                },
              ]
            : [
                {
                  id: "leave",
                  label: "Leave room",
                  icon: "sign-out",
                  isDanger: true,
                  onAction: () => setDialog("leave"),
                },
              ],
        ]}
      />
      {dialog === "add" && <AddMemberDialog room={room} onClose={close} />}
      {dialog === "leave" && (
        <ConfirmDialog title={`Leave ${name}?`} action="Leave" onConfirm={leave} onClose={close}>
          <p>
            {roomType === "public"
              ? "You can join it again at any time."
              : "You can't come back by yourself: somebody in it has to add you."}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
