import { readFile } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import { type RequestHandler, Router } from "express";
import { file_aetherconnect_realtime_v1_realtime as realtime } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { refuseMethod } from "../http/middleware.ts";

const sdkBundle = new URL("../../../clients/sdk/bundle/sdk.js", import.meta.url);

/**
 * Serves the client package, the documents of the contract and the page that shows them. They are made, and
 * what makes them is loaded, when they are first asked for.
 */
export function documentRoutes(services: readonly DescService[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get(
    "/openapi.json",
    sendDocument(async () => {
      const { openapi } = await import("#contract/documents/openapi.ts");
      return openapi(services);
    }),
  );
  router.get(
    "/asyncapi.json",
    sendDocument(async () => {
      const { asyncapi } = await import("#contract/documents/asyncapi.ts");
      return asyncapi([realtime, ...services.map((it) => it.file)]);
    }),
  );
  const page = once(async () => (await import("./page.ts")).docsPage());
  router.get("/docs", async (_req, res) => {
    const { html, contentSecurityPolicy } = await page();
    res.setHeader("content-security-policy", contentSecurityPolicy);
    res.type("html").send(html);
  });
  router.get("/sdk.js", async (_req, res, next) => {
    const script = await readFile(sdkBundle, "utf8").catch(() => undefined);
    // It is there where it was built: in images, and after npm start.
    if (script === undefined) return next();
    res.setHeader("cache-control", "public, max-age=300");
    res.type("js").send(script);
  });
  for (const path of ["/openapi.json", "/asyncapi.json", "/docs", "/sdk.js"]) {
    router.all(path, refuseMethod(["GET"]));
  }
  return router;
}

function sendDocument(make: () => Promise<object>): RequestHandler {
  const text = once(async () => JSON.stringify(await make()));
  return async function serveDocument(_req, res) {
    res.type("json").send(await text());
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
