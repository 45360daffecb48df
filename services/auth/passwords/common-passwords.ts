import { invalid } from "#contract/errors.ts";
import { loginKey } from "../db/users.ts";

/** What everybody knows of a user, who must not have it as a password. */
interface Known {
  username: string;
  email: string;
}

const product = "aetherconnect";

/** How many of the commonest are refused; those too short for us are among them. */
const considered = 10_000;
const minLength = 8;

let list: Promise<ReadonlySet<string>> | undefined;

/**
 * Refuses the commonest passwords, in upper or lower case, and what is as easily guessed here:
 * the user's own logins, and the product's name with digits or signs around it. The list is
 * read when first needed.
 * @param path the field that the fault names
 * @throws AppError VALIDATION_FAILED
 */
export async function refuseCommonPassword(
  password: string,
  { username, email }: Known,
  path: string,
): Promise<void> {
  const folded = loginKey(password);
  const mailbox = email.slice(0, email.lastIndexOf("@"));
  if ([username, email, mailbox].some((text) => loginKey(text) === folded)) {
    throw invalid(path, "is the username or the email address");
  }
  if (folded.replaceAll(/^\P{L}+|\P{L}+$/gu, "") === product) {
    throw invalid(path, "is the name of the product");
  }
  list ??= loadList();
  if ((await list).has(folded)) throw invalid(path, "is one of the commonest passwords");
}

async function loadList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(
    dictionary["passwords-common"]
      .slice(0, considered)
      .filter((password) => password.length >= minLength)
      .map(loginKey),
  );
}
