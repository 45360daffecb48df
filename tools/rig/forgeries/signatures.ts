import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { base64url } from "./genuine-key.ts";
import { type Material, type Named, partsOf, text } from "./parts.ts";

export function algorithms({ token, key, serviceSecret }: Material): Named {
  const [header, payload, signature] = partsOf(token);
  const genuine = JSON.parse(text(header));
  const withAlg = (alg: string, extra: object = {}) =>
    `${base64url(JSON.stringify({ ...genuine, ...extra, alg }))}.${payload}`;
  const hmac = (secret: string | Buffer, alg = "HS256", extra: object = {}) => {
    const input = withAlg(alg, extra);
    const hash = { HS256: "sha256", HS384: "sha384", HS512: "sha512" }[alg] ?? "sha256";
    return `${input}.${createHmac(hash, secret).update(input).digest("base64url")}`;
  };
  const publicJwk = { kty: "OKP", crv: "Ed25519", x: key.x };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const signed = (alg: string, by: KeyObject) => {
    const input = withAlg(alg);
    const options = alg === "ES256" ? { key: by, dsaEncoding: "ieee-p1363" as const } : by;
    return `${input}.${sign("sha256", Buffer.from(input), options).toString("base64url")}`;
  };
  return [
    ["alg none, no signature", `${withAlg("none")}.`],
    ["alg none, the old signature", `${withAlg("none")}.${signature}`],
    ["alg None", `${withAlg("None")}.`],
    ["alg NONE without kid", `${withAlg("NONE", { kid: undefined })}.`],
    ["alg empty", `${withAlg("")}.`],
    ["alg Ed25519 over the old signature", `${withAlg("Ed25519")}.${signature}`],
    ["HS256 with the public key's bytes", hmac(Buffer.from(key.x, "base64url"))],
    ["HS256 with the public key as text", hmac(key.x)],
    ["HS256 with the public key as JWK", hmac(JSON.stringify(publicJwk))],
    ["HS256 with the key id", hmac(key.kid)],
    ["HS256 with the empty secret", hmac("")],
    ["HS384 with the empty secret", hmac("", "HS384")],
    ["HS512 with the public key's bytes", hmac(Buffer.from(key.x, "base64url"), "HS512")],
    ["HS256 with the service secret", hmac(serviceSecret)],
    ["RS256 by a key of the forger's", signed("RS256", rsa)],
    ["ES256 by a key of the forger's", signed("ES256", ec)],
  ];
}

export function shapes({ token }: Material): Named {
  const [header, payload, signature] = partsOf(token);
  const claimsOf = JSON.parse(text(payload));
  const withSub = base64url(JSON.stringify({ ...claimsOf, sub: "1", sid: randomUUID() }));
  const bytes = Buffer.from(signature, "base64url");
  const flipped = Buffer.from(bytes);
  flipped[5] = (flipped[5] ?? 0) ^ 1;
  return [
    ["another payload under the signature", `${header}.${withSub}.${signature}`],
    ["a bit of the signature flipped", `${header}.${payload}.${base64url(flipped)}`],
    ["signature cut by a byte", `${header}.${payload}.${base64url(bytes.subarray(0, 63))}`],
    [
      "signature longer by a byte",
      `${header}.${payload}.${base64url(Buffer.concat([bytes, Buffer.alloc(1)]))}`,
    ],
    ["signature empty", `${header}.${payload}.`],
    ["signature of zeros", `${header}.${payload}.${base64url(Buffer.alloc(64))}`],
    ["signature with S + L", `${header}.${payload}.${base64url(withOtherS(bytes))}`],
    ["no signature at all", `${header}.${payload}`],
    ["header alone", header],
    ["padding after the signature", `${token}==`],
    ["a dot after the token", `${token}.`],
    ["a dot before the token", `.${token}`],
    ["a fourth part", `${token}.${signature}`],
    ["five parts", `${header}..${payload}.${signature}.${signature}`],
    [
      "the same signature, its last character another",
      `${header}.${payload}.${lastCharacter(signature)}`,
    ],
    [
      "the other alphabet",
      `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}=`,
    ],
    [
      "a character between that is none",
      `${header}.${payload}.${signature.slice(0, 20)}!${signature.slice(20)}`,
    ],
    ["percent signs", encodeURIComponent(`${header}.${payload}.${signature}%`)],
    ["in quotes", `"${token}"`],
    ["as a JSON cookie", `j:${JSON.stringify({ token })}`],
    ["twice", `${token}${token}`],
    ["null", "null"],
    ["undefined", "undefined"],
    ["dots", ".."],
    ["5,000 characters", "a".repeat(5_000)],
  ];
}

/** RFC 8032 has S below the group's order; adding the order gives a second signature. */
function withOtherS(signature: Buffer): Buffer {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  let s = 0n;
  for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(signature[i] ?? 0);
  s += order;
  const out = Buffer.from(signature);
  for (let i = 32; i < 64; i++) {
    out[i] = Number(s & 0xffn);
    s >>= 8n;
  }
  return out;
}

/** 86 characters hold 516 bits, 64 bytes 512: the last four are nobody's, and must be zero. */
function lastCharacter(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(signature.at(-1) ?? "A");
  return `${signature.slice(0, -1)}${alphabet[last ^ 1]}`;
}
