import type { ShownMessage } from "@aetherconnect/client";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { useRoomContext } from "./room-context.ts";
import "./delete-dialog.css";

export function DeleteDialog({ message, onClose }: { message: ShownMessage; onClose: () => void }) {
  const { room } = useRoomContext();
  const remove = async () => {
    // It waits in the outbox, and a refusal stands at the message: nothing is to be waited for.
    room.delete(message.seq).catch(() => undefined);
  };
  return (
    <ConfirmDialog
      title="Delete this message?"
      action="Delete"
      onConfirm={remove}
      onClose={onClose}
    >
      <blockquote className="delete-quote" dir="auto">
        {message.content}
      </blockquote>
      <p>It is gone for everybody. That can't be undone.</p>
    </ConfirmDialog>
  );
}
