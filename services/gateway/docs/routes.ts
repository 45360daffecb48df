import type { DescService } from "@bufbuild/protobuf";
import { type RequestHandler, Router } from "express";
import { asyncapi } from "#contract/documents/asyncapi.ts";
import { openapi } from "#contract/documents/openapi.ts";
import { file_aetherconnect_realtime_v1_realtime } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { refuseMethod } from "../http/middleware.ts";
import { docsPage } from "./page.ts";

/** Serves the documents of the contract and the page that shows them. */
export function documentRoutes(services: readonly DescService[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const page = docsPage();
  router.get("/openapi.json", sendDocument(openapi(services)));
  router.get("/asyncapi.json", sendDocument(asyncapi([file_aetherconnect_realtime_v1_realtime])));
  router.get("/docs", (_req, res) => {
    res.setHeader("content-security-policy", page.contentSecurityPolicy);
    res.type("html").send(page.html);
  });
  for (const path of ["/openapi.json", "/asyncapi.json", "/docs"]) {
    router.all(path, refuseMethod(["GET"]));
  }
  return router;
}

function sendDocument(document: object): RequestHandler {
  const text = JSON.stringify(document);
  return function serveDocument(_req, res) {
    res.type("json").send(text);
  };
}
