import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Closes and opens what must not lie in the database in clear. */
export interface Sealer {
  /** Seals with the first secret. `label` must be given again to open it. */
  seal: (plain: Uint8Array, label: string) => string;
  /** Opens what any of the secrets has sealed; undefined where none of them did. */
  open: (sealed: string, label: string) => { plain: Buffer; isCurrent: boolean } | undefined;
}

const cipher = "aes-256-gcm";
const ivLength = 12;
const tagLength = 16;

/** AES-256-GCM under a key that HKDF derives from each secret. */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) =>
    Buffer.from(hkdfSync("sha256", secret, "aetherconnect", purpose, 32)),
  );
  return {
    seal(plain, label) {
      const [key] = keys;
      if (!key) throw new Error("no secret to seal with");
      const iv = randomBytes(ivLength);
      const sealing = createCipheriv(cipher, key, iv).setAAD(Buffer.from(label));
      const body = Buffer.concat([sealing.update(plain), sealing.final()]);
      return Buffer.concat([iv, sealing.getAuthTag(), body]).toString("base64url");
    },
    open(sealed, label) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < ivLength + tagLength) return undefined;
      const iv = bytes.subarray(0, ivLength);
      const tag = bytes.subarray(ivLength, ivLength + tagLength);
      const body = bytes.subarray(ivLength + tagLength);
      for (const [index, key] of keys.entries()) {
        const opening = createDecipheriv(cipher, key, iv, { authTagLength: tagLength })
          .setAAD(Buffer.from(label))
          .setAuthTag(tag);
        try {
          const plain = Buffer.concat([opening.update(body), opening.final()]);
          return { plain, isCurrent: index === 0 };
        } catch {
          // Sealed with another secret.
        }
      }
      return undefined;
    },
  };
}
