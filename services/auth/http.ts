import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { sendError, sendJson } from "#common/http/error-body.ts";
import { requestIdOf } from "#common/http/request-id.ts";
import { translateDatabaseError } from "#common/postgres-errors.ts";
import { AppError, toAppError } from "#contract/errors.ts";
import type { AuthContext } from "./context.ts";

const keysPath = "/.well-known/jwks.json";
/** Less than a new key is published before it signs. */
const keysMaxAgeSeconds = 5;

/** Health, metrics, and the public keys for whoever verifies our tokens. */
export function createHttpServer(
  context: Pick<AuthContext, "keys" | "operations" | "log">,
): Server {
  const answerKeys = async (req: IncomingMessage, res: ServerResponse) => {
    if (req.method !== "GET" && req.method !== "HEAD") {
      res.setHeader("allow", "GET, HEAD");
      throw new AppError("METHOD_NOT_ALLOWED");
    }
    const keys = (await context.keys.published()).map(({ kid, x }) => ({
      kid,
      kty: "OKP",
      crv: "Ed25519",
      alg: "EdDSA",
      use: "sig",
      x,
    }));
    res.setHeader("cache-control", `public, max-age=${keysMaxAgeSeconds}`);
    sendJson(res, 200, { keys });
  };
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const requestId = requestIdOf(req);
    res.setHeader("x-request-id", requestId);
    try {
      if (req.url?.split("?")[0] !== keysPath) throw new AppError("NOT_FOUND");
      await answerKeys(req, res);
    } catch (thrown) {
      const error = toAppError(translateDatabaseError(thrown));
      if (error.code === "INTERNAL") context.log.error({ err: error.cause }, "a request failed");
      sendError(res, error, requestId);
    }
  };
  return createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      // By itself Node looks for connections over these limits every 30 s only.
      connectionsCheckingInterval: 500,
    },
    (req, res) => {
      if (context.operations.handle(req, res)) return;
      answer(req, res).catch(() => res.destroy());
    },
  );
}
