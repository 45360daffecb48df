import { useState } from "react";
import { Form } from "react-aria-components";
import { useChat } from "../chat.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";

const blame = {
  INVALID_CREDENTIALS: { field: "currentPassword", text: "This isn't your password." },
};

export function PasswordForm() {
  const chat = useChat();
  // A form of its own each time: what was typed must not stay.
  const [changes, setChanges] = useState(0);
  const form = useForm(async ({ currentPassword = "", newPassword = "" }) => {
    await chat.call.changePassword({ currentPassword, newPassword });
    setChanges(changes + 1);
  }, blame);
  return (
    <section className="settings-part">
      <h2 className="settings-title">Password</h2>
      <Form
        key={changes}
        className="settings-form"
        onSubmit={form.onSubmit}
        validationErrors={form.errors}
      >
        <TextField
          name="currentPassword"
          label="Current password"
          type="password"
          autoComplete="current-password"
          isRequired
        />
        <TextField
          name="newPassword"
          label="New password"
          hint="8 characters or more. Your other sessions end."
          type="password"
          autoComplete="new-password"
          isRequired
        />
        <FormError text={form.error} />
        <Button type="submit" isPending={form.isBusy}>
          Change password
        </Button>
        <p className="settings-saved" role="status">
          {changes > 0 && "Changed"}
        </p>
      </Form>
    </section>
  );
}
