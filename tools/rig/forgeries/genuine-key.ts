import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { createSealer } from "#auth/keys/seal.ts";
import type { Platform } from "../platform.ts";

/** The key that the platform signs with, for forgeries that only their claims give away. */
export interface GenuineKey {
  kid: string;
  /** base64url, as in a JWK. */
  x: string;
  /** A signed token of any header and payload, as texts. */
  sign: (header: string, payload: string | Uint8Array) => string;
}

export async function stealKey(platform: Platform): Promise<GenuineKey> {
  const [row] = await platform.database.query(
    "select kid, public_key, sealed_private_key from auth.signing_keys order by created_at desc",
  );
  const kid = String(row?.kid);
  const x = String(row?.public_key);
  const sealer = createSealer([platform.serviceSecret], "auth signing keys");
  const opened = sealer.open(String(row?.sealed_private_key), kid);
  const d = opened?.plain.toString("base64url") ?? "";
  const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", x, d }, format: "jwk" });
  return { kid, x, sign: (header, payload) => signWith(key, header, payload) };
}

/** A token that a private key of Ed25519 signs. */
export function signWith(key: KeyObject, header: string, payload: string | Uint8Array): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
}

export function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString("base64url");
}
