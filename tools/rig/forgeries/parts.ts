import type { TokenKind } from "#common/tokens/user-token.ts";
import type { GenuineKey } from "./genuine-key.ts";

/** What a forger has got hold of. */
export interface Material {
  /** The kind that is asked for where the forgeries are sent. */
  kind: TokenKind;
  /** A valid token of that kind. */
  token: string;
  key: GenuineKey;
  serviceSecret: string;
  /** Valid tokens of other kinds. */
  others: Record<string, string>;
  /** Where `jku` and its like point. */
  keyServerUrl: string;
}

export type Named = [name: string, token: string][];

export function partsOf(token: string): [string, string, string] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
}

export const text = (part: string) => Buffer.from(part, "base64url").toString();
