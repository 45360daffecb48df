import { Form } from "react-aria-components";
import { useChat } from "../chat.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useForm } from "../ui/use-form.ts";

export function SignUpForm() {
  const chat = useChat();
  const form = useForm(async (values) => {
    const { firstName = "", lastName = "", username = "", email = "", password = "" } = values;
    await chat.auth.register({ firstName, lastName, username, email, password });
  });
  return (
    <Form className="sign-in-form" onSubmit={form.onSubmit} validationErrors={form.errors}>
      <div className="sign-in-names">
        <TextField
          name="firstName"
          label="First name"
          autoComplete="given-name"
          isRequired
          autoFocus
        />
        <TextField name="lastName" label="Last name" autoComplete="family-name" isRequired />
      </div>
      <TextField
        name="username"
        label="Username"
        hint="3 to 32 letters, digits, or any of _ . -"
        autoComplete="username"
        isRequired
      />
      <TextField name="email" label="Email" type="email" autoComplete="email" isRequired />
      <TextField
        name="password"
        label="Password"
        hint="8 characters or more"
        type="password"
        autoComplete="new-password"
        isRequired
      />
      <FormError text={form.error} />
      <Button type="submit" look="main" isPending={form.isBusy}>
        Create account
      </Button>
    </Form>
  );
}
