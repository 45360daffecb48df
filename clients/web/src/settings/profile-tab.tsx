import { useState } from "react";
import { Form, Switch } from "react-aria-components";
import { useChat, useMe } from "../chat.ts";
import { textOf } from "../errors.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";
import { PasswordForm } from "./password-form.tsx";

export function ProfileTab() {
  const chat = useChat();
  const me = useMe();
  const [isSaved, setIsSaved] = useState(false);
  const form = useForm(async ({ firstName = "", lastName = "", username = "" }) => {
    setIsSaved(false);
    await chat.call.updateProfile({ firstName, lastName, username });
    setIsSaved(true);
  });
  return (
    <>
      <section className="settings-part">
        <h2 className="settings-title">How others see you</h2>
        <Form className="settings-form" onSubmit={form.onSubmit} validationErrors={form.errors}>
          <Avatar userId={me.id} name={me.name} size="l" />
          <div className="settings-pair">
            <TextField name="firstName" label="First name" defaultValue={me.firstName} isRequired />
            <TextField name="lastName" label="Last name" defaultValue={me.lastName} isRequired />
          </div>
          <TextField
            name="username"
            label="Username"
            hint="Others find you and mention you by it"
            defaultValue={me.username}
            isRequired
          />
          <FormError text={form.error} />
          <Button type="submit" look="main" isPending={form.isBusy}>
            Save
          </Button>
          <p className="settings-saved" role="status">
            {isSaved && "Saved"}
          </p>
        </Form>
      </section>
      <PresencePart />
      <PasswordForm />
    </>
  );
}

function PresencePart() {
  const chat = useChat();
  const { showPresence } = useMe();
  const [error, setError] = useState<unknown>();
  const change = (isShown: boolean) => {
    setError(undefined);
    chat.call.updateProfile({ showPresence: isShown }).catch(setError);
  };
  return (
    <section className="settings-part">
      <h2 className="settings-title">Presence</h2>
      <Switch className="switch" isSelected={showPresence} onChange={change}>
        <span className="switch-track" />
        Show others when I am online
      </Switch>
      <FormError text={error === undefined ? undefined : textOf(error)} />
    </section>
  );
}
