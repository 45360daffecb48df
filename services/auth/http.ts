import type { IncomingMessage, ServerResponse } from "node:http";
import { budgets } from "#common/budgets.ts";
import { commonHead, sendJson } from "#common/http/answer.ts";
import { requireReading } from "#common/http/operations.ts";
import { AppError } from "#contract/errors.ts";
import type { KeyRing } from "./keys/key-ring.ts";

const keysPath = "/.well-known/jwks.json";
const cacheControl = `public, max-age=${budgets.keys.httpCache / 1000}`;

/** Answers the public keys for whoever verifies our tokens. @throws AppError */
export async function answerHttp(
  keys: Pick<KeyRing, "published">,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (req.url?.split("?")[0] !== keysPath) throw new AppError("NOT_FOUND");
  requireReading(req, res);
  const published = await keys.published();
  const keySet = published.map(({ kid, x }) => {
    return { kid, kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", x };
  });
  sendJson(res, 200, { keys: keySet }, [...commonHead(req), "cache-control", cacheControl]);
}
