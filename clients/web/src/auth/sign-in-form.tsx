import { Form } from "react-aria-components";
import { useChat } from "../chat.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";

export function SignInForm() {
  const chat = useChat();
  const form = useForm(async ({ name = "", password = "" }) => {
    const who = name.includes("@") ? { email: name } : { username: name };
    await chat.auth.login({ ...who, password });
  });
  return (
    <Form className="sign-in-form" onSubmit={form.onSubmit} validationErrors={form.errors}>
      <TextField
        name="name"
        label="Email or username"
        autoComplete="username"
        isRequired
        autoFocus
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        isRequired
      />
      <FormError text={form.error} />
      <Button type="submit" look="main" isPending={form.isBusy}>
        Sign in
      </Button>
    </Form>
  );
}
