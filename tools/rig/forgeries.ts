import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { issuer, type TokenKind, tokenKinds } from "#common/tokens/user-token.ts";
import { base64url, type GenuineKey, signWith } from "./genuine-key.ts";

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

/** Tokens that no door may take, by what is wrong with each. */
export function forgeries(material: Material): Map<string, string> {
  return new Map([
    ...Object.entries(material.others),
    ...algorithms(material),
    ...headers(material),
    ...claims(material),
    ...payloads(material),
    ...shapes(material),
  ]);
}

type Named = [name: string, token: string][];

function partsOf(token: string): [string, string, string] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
}

const text = (part: string) => Buffer.from(part, "base64url").toString();

function algorithms({ token, key, serviceSecret }: Material): Named {
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

function headers({ kind, token, key, keyServerUrl }: Material): Named {
  const [header, payload] = partsOf(token);
  const genuine = JSON.parse(text(header));
  const own = generateKeyPairSync("ed25519");
  const ownJwk = own.publicKey.export({ format: "jwk" });
  const byForger = (change: object) =>
    signWith(own.privateKey, JSON.stringify({ ...genuine, ...change }), text(payload));
  const byUs = (change: object) =>
    key.sign(JSON.stringify({ ...genuine, ...change }), text(payload));
  const strangeKids: Record<string, unknown> = {
    "a path": "../../../../dev/null",
    "an absolute path": "/proc/sys/kernel/randomize_va_space",
    SQL: "x' union select 'AAAA' --",
    "a URL": `${keyServerUrl}/kid`,
    "a prototype key": "__proto__",
    constructor: "constructor",
    empty: "",
    "a number": 0,
    "an array": [key.kid],
    "an object": { $ne: null },
    null: null,
    NUL: `${key.kid}\0`,
    "10,000 characters": "k".repeat(2_500),
  };
  const typ = tokenKinds[kind].typ;
  return [
    ["another key under our kid", byForger({})],
    ["another key, unknown kid", byForger({ kid: "unknown" })],
    ["jwk in the header", byForger({ jwk: ownJwk })],
    ["jwk and its kid in the header", byForger({ jwk: { ...ownJwk, kid: "own" }, kid: "own" })],
    ["jku", byForger({ jku: `${keyServerUrl}/jwks.json` })],
    ["jku without kid", byForger({ jku: `${keyServerUrl}/jwks.json`, kid: undefined })],
    ["x5u", byForger({ x5u: `${keyServerUrl}/cert.pem` })],
    ["x5c", byForger({ x5c: [base64url("not a certificate")] })],
    ...Object.entries(strangeKids).map(([name, kid]): [string, string] => [
      `kid is ${name}`,
      byForger({ kid }),
    ]),
    ["no kid, our signature", byUs({ kid: undefined })],
    ["crit names what nobody knows", byUs({ crit: ["x-own"], "x-own": true })],
    ["crit is empty", byUs({ crit: [] })],
    ["b64 false", byUs({ crit: ["b64"], b64: false })],
    ["zip", byUs({ zip: "DEF", alg: "EdDSA", typ: "JWT" })],
    ["typ JWT", byUs({ typ: "JWT" })],
    ["no typ", byUs({ typ: undefined })],
    ["typ in upper case", byUs({ typ: typ.toUpperCase() })],
    ["typ as media type", byUs({ typ: `application/${typ}` })],
    ["typ of the other kind", byUs({ typ: kind === "access" ? "ws+jwt" : "at+jwt" })],
    ["typ an array", byUs({ typ: [typ] })],
    [
      "alg twice",
      key.sign(`{"alg":"EdDSA","alg":"none","kid":"${key.kid}","typ":"${typ}"}`, text(payload)),
    ],
  ];
}

function claims({ kind, token, key }: Material): Named {
  const [header, payload] = partsOf(token);
  const genuine = JSON.parse(text(payload));
  const now = Math.floor(Date.now() / 1000);
  const { audience, lifetimeSeconds } = tokenKinds[kind];
  const otherAudience = tokenKinds[kind === "access" ? "ws" : "access"].audience;
  const changed: Record<string, object> = {
    "iss of another": { iss: "https://evil.example" },
    "iss missing": { iss: undefined },
    "iss an array": { iss: [issuer] },
    "iss in upper case": { iss: issuer.toUpperCase() },
    "aud of another": { aud: "other" },
    "aud missing": { aud: undefined },
    "aud of the other kind": { aud: otherAudience },
    "aud an array of ours": { aud: [audience] },
    "aud an array with ours": { aud: ["other", audience] },
    "aud an object": { aud: { [audience]: true } },
    "sub missing": { sub: undefined },
    "sub empty": { sub: "" },
    "sub a number": { sub: 1 },
    "sub an array": { sub: [genuine.sub] },
    "sub an object": { sub: { $ne: null } },
    "sub no id": { sub: "1 or 1=1" },
    "sid missing": { sid: undefined },
    "sid empty": { sid: "" },
    "sid an array": { sid: [genuine.sid] },
    "sid null": { sid: null },
    "sid no id": { sid: "' or ''='" },
    "jti missing": { jti: undefined },
    "jti a number": { jti: 5 },
    "iat missing": { iat: undefined },
    "iat in an hour": { iat: now + 3600, exp: now + 3600 + lifetimeSeconds },
    "iat a text": { iat: String(now) },
    "iat long ago, exp still to come": { iat: now - 86_400, exp: now + 60 },
    "exp missing": { exp: undefined },
    "exp past": { iat: now - lifetimeSeconds - 60, exp: now - 60 },
    "exp negative": { exp: -1 },
    "exp a text": { exp: String(now + 60) },
    "exp an array": { exp: [now + 60] },
    "exp in a century": { exp: now + 100 * 365 * 86_400 },
    "exp beyond any time": { exp: Number.MAX_VALUE },
    "exp before iat": { iat: now, exp: now - 1 },
    "nbf in an hour": { nbf: now + 3600 },
    "nbf a text": { nbf: "now" },
  };
  return Object.entries(changed).map(([name, change]) => [
    name,
    key.sign(text(header), JSON.stringify({ ...genuine, ...change })),
  ]);
}

function payloads({ token, key }: Material): Named {
  const [header, payload] = partsOf(token);
  const json = text(payload);
  const signed = (body: string | Uint8Array) => key.sign(text(header), body);
  return [
    ["sub twice, the last empty", signed(json.replace("{", "{").replace(/}$/, ',"sub":""}'))],
    ["exp twice, the last past", signed(json.replace(/}$/, ',"exp":1}'))],
    ["payload an array", signed(`[${json}]`)],
    ["payload a text", signed(JSON.stringify(json))],
    ["payload null", signed("null")],
    ["payload empty", signed("")],
    ["payload no JSON", signed(json.slice(0, -1))],
    [
      "payload no UTF-8",
      signed(Buffer.concat([Buffer.from(json.slice(0, -2)), Buffer.from([0xff, 0x22, 0x7d])])),
    ],
    ["payload with a byte order mark and rubbish", signed(`\ufeff${json}x`)],
    ["claims under __proto__", signed(`{"__proto__":${json}}`)],
  ];
}

function shapes({ token }: Material): Named {
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
