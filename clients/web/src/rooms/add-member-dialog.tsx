import type { OpenRoom } from "@aetherconnect/client";
import { Form } from "react-aria-components";
import { useChat } from "../chat.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";

export function AddMemberDialog({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const chat = useChat();
  const form = useForm(async ({ username = "" }) => {
    const name = username.trim().replace(/^@/, "");
    await chat.call.addMember({ roomId: room.id, username: name });
    onClose();
    await room.loadMembers();
  });
  return (
    <Dialog title="Add somebody" onClose={onClose}>
      <Form className="create-room" onSubmit={form.onSubmit} validationErrors={form.errors}>
        <TextField name="username" label="Username" autoComplete="off" isRequired autoFocus />
        <FormError text={form.error} />
        <div className="dialog-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look="main" isPending={form.isBusy}>
            Add
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
