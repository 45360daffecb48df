import { generateKeyPairSync } from "node:crypto";
import { issuer, tokenKinds } from "#common/tokens/user-token.ts";
import { base64url, signWith } from "./genuine-key.ts";
import { type Material, type Named, partsOf, text } from "./parts.ts";

export function headers({ kind, token, key, keyServerUrl }: Material): Named {
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

export function claims({ kind, token, key }: Material): Named {
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

export function payloads({ token, key }: Material): Named {
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
