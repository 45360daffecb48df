/** What was looked at, how it stands, and what to do where that isn't well. */
export interface Finding {
  about: string;
  level: "ok" | "warning" | "problem";
  text: string;
  todo: string | null;
}

export const ok = (about: string, text: string): Finding => ({
  about,
  level: "ok",
  text,
  todo: null,
});

export const warning = (about: string, text: string, todo: string): Finding => ({
  about,
  level: "warning",
  text,
  todo,
});

export const problem = (about: string, text: string, todo: string): Finding => ({
  about,
  level: "problem",
  text,
  todo,
});

/** A text of an error for people: its code, or what it says. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return reasonOf(cause);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
