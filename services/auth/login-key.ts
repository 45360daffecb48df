/** Nobody's login is longer, as typed; normalising could make it eighteen times as long. */
export const maxLoginLength = 254;
/** Longer keys than this can't be indexed; normalising makes some texts much longer. */
export const maxLoginKeyLength = 320;

/**
 * The form of a username or email address by which it is unique and found: compatible
 * characters are one (NFKC), and so are letters of either case. Upper case comes first
 * because some letters, such as the Greek sigma, have two lower forms; by it "ß" is "ss".
 */
export function loginKey(login: string): string {
  return login.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}
