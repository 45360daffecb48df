import { Form } from "react-aria-components";
import { useChat } from "../chat.ts";
import { hrefOf, navigate } from "../router.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";

export function WriteToDialog({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const form = useForm(async ({ username = "" }) => {
    const room = await chat.rooms.openDirect({ username: username.trim().replace(/^@/, "") });
    onClose();
    navigate(hrefOf({ page: "room", roomId: room.id }));
  });
  return (
    <Dialog title="Write to somebody" onClose={onClose}>
      <Form className="create-room" onSubmit={form.onSubmit} validationErrors={form.errors}>
        <TextField
          name="username"
          label="Username"
          hint="Just as they have written it"
          placeholder="ada_l"
          autoComplete="off"
          isRequired
          autoFocus
        />
        <FormError text={form.error} />
        <div className="dialog-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look="main" isPending={form.isBusy}>
            Open conversation
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
