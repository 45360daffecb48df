import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
} from "jose";
import type { Sealer } from "./seal.ts";

/** A new key as it is stored. */
export interface SealedKey {
  kid: string;
  /** base64url, as in a JWK. */
  publicKey: string;
  sealedPrivateKey: string;
}

const kty = "OKP";
const crv = "Ed25519";

/** Makes an Ed25519 key; its id is its thumbprint (RFC 7638). */
export async function makeSigningKey(sealer: Sealer): Promise<SealedKey> {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const { x, d } = await exportJWK(pair.privateKey);
  if (!x || !d) throw new Error("an Ed25519 key without its halves");
  const kid = await calculateJwkThumbprint({ kty, crv, x });
  return {
    kid,
    publicKey: x,
    sealedPrivateKey: sealer.seal(Buffer.from(d, "base64url"), kid),
  };
}

export function importPublicKey(x: string): Promise<CryptoKey> {
  return importKey({ kty, crv, x });
}

export function importPrivateKey(x: string, d: Buffer): Promise<CryptoKey> {
  return importKey({ kty, crv, x, d: d.toString("base64url") });
}

async function importKey(jwk: { kty: string; crv: string; x: string; d?: string }) {
  const key = await importJWK(jwk, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("a symmetric key where a pair was expected");
  return key;
}
