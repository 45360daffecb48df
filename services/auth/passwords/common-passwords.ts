import { invalid } from "#common/errors.ts";

/** How many of the commonest are refused; those too short for us are among them. */
const considered = 10_000;
const minLength = 8;

let known: Promise<ReadonlySet<string>> | undefined;

/**
 * Refuses the commonest passwords, in upper or lower case. The list is read when first needed.
 * @param path the field that the fault names
 * @throws AppError VALIDATION_FAILED
 */
export async function refuseCommonPassword(password: string, path: string): Promise<void> {
  known ??= loadList();
  if ((await known).has(password.normalize("NFKC").toLowerCase())) {
    throw invalid(path, "is one of the commonest passwords");
  }
}

async function loadList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(
    dictionary["passwords-common"]
      .slice(0, considered)
      .filter((password) => password.length >= minLength)
      .map((password) => password.toLowerCase()),
  );
}
