import { createPrivateKey, type KeyObject } from "node:crypto";
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

export async function importPublicKey(x: string): Promise<CryptoKey> {
  const key = await importJWK({ kty, crv, x }, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("a symmetric key where a public one was expected");
  return key;
}

export function importPrivateKey(x: string, d: Buffer): KeyObject {
  const key = { kty, crv, x, d: d.toString("base64url") };
  return createPrivateKey({ key, format: "jwk" });
}
