import { Form, Radio, RadioGroup } from "react-aria-components";
import { useChat } from "../chat.ts";
import { hrefOf, navigate } from "../router.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";
import "./create-room-dialog.css";

export function CreateRoomDialog({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const form = useForm(async ({ name = "", description = "", roomType }) => {
    const room = await chat.rooms.create({
      name,
      ...(description.trim() && { description }),
      roomType: roomType === "private" ? "private" : "public",
    });
    onClose();
    navigate(hrefOf({ page: "room", roomId: room.id }));
  });
  return (
    <Dialog title="Create a room" onClose={onClose}>
      <Form className="create-room" onSubmit={form.onSubmit} validationErrors={form.errors}>
        <TextField
          name="name"
          label="Name"
          placeholder="e.g. garden"
          maxLength={100}
          isRequired
          autoFocus
        />
        <TextField name="description" label="What it is about" hint="May be left empty" />
        <RadioGroup
          name="roomType"
          defaultValue="public"
          className="create-room-kinds"
          aria-label="Who may join"
        >
          <Radio value="public" className="create-room-kind">
            <strong>Public</strong>
            <span>Everybody finds it and may join</span>
          </Radio>
          <Radio value="private" className="create-room-kind">
            <strong>Private</strong>
            <span>Only who is added sees it</span>
          </Radio>
        </RadioGroup>
        <FormError text={form.error} />
        <div className="dialog-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look="main" isPending={form.isBusy}>
            Create room
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
