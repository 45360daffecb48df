import { ChatError } from "@aetherconnect/client";
import { type FormEvent, useState } from "react";
import { fieldErrors, textOf } from "../errors.ts";

interface FormState {
  isBusy: boolean;
  /** Of the whole form, where no field is to blame. */
  error: string | undefined;
  /** By the names of the fields. */
  errors: Record<string, string>;
}

const untouched: FormState = { isBusy: false, error: undefined, errors: {} };

/** The field that a refusal is about though the server names none, and what is said there. */
type Blame = Record<string, { field: string; text: string }>;

/** Submits a form's values once at a time; a refusal stands at the field that it is about. */
export function useForm(
  submit: (values: Record<string, string>) => Promise<unknown>,
  blame: Blame = {},
) {
  const [state, setState] = useState(untouched);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (state.isBusy) return;
    const form = event.currentTarget;
    const values = Object.fromEntries(
      [...new FormData(form)].flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      ),
    );
    setState({ ...untouched, isBusy: true });
    try {
      await submit(values);
      setState(untouched);
    } catch (error) {
      const blamed = error instanceof ChatError ? blame[error.code] : undefined;
      const named = blamed ? { [blamed.field]: blamed.text } : fieldErrors(error);
      const errors = Object.fromEntries(
        Object.entries(named).filter(([name]) => form.elements.namedItem(name)),
      );
      const first = [...form.elements].find((it) => (it.getAttribute("name") ?? "") in errors);
      setState({ isBusy: false, error: first ? undefined : textOf(error), errors });
      if (first instanceof HTMLElement) first.focus();
    }
  };
  return { ...state, onSubmit };
}
