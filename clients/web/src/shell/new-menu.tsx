import { useState } from "react";
import { CreateRoomDialog } from "../rooms/create-room-dialog.tsx";
import { WriteToDialog } from "../rooms/write-to-dialog.tsx";
import { navigate } from "../router.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { Menu } from "../ui/menu.tsx";

/** What one can begin: a room, or to write to somebody. */
export function NewMenu() {
  const [dialog, setDialog] = useState<"room" | "direct">();
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu
        label="New"
        trigger={<IconButton icon="compose" label="New room or message" />}
        groups={[
          [
            {
              id: "direct",
              label: "Write to somebody",
              icon: "compose",
              onAction: () => setDialog("direct"),
            },
            {
              id: "room",
              label: "Create a room",
              icon: "plus",
              onAction: () => setDialog("room"),
            },
            {
              id: "browse",
              label: "Browse rooms",
              icon: "compass",
              onAction: () => navigate("/browse"),
            },
          ],
        ]}
      />
      {dialog === "room" && <CreateRoomDialog onClose={close} />}
      {dialog === "direct" && <WriteToDialog onClose={close} />}
    </>
  );
}
