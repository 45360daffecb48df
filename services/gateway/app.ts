import { createClient } from "@connectrpc/connect";
import express, { type Express } from "express";
import { byTemplate, expressPath, restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { createAdmission } from "./admission.ts";
import type { GatewayContext } from "./context.ts";
import { createCookieJar } from "./cookies.ts";
import { credentialHooks } from "./credentials.ts";
import { documentRoutes } from "./docs/routes.ts";
import {
  answerErrors,
  answerNotFound,
  cors,
  guardOrigin,
  observe,
  refuseMethod,
  secureHeaders,
} from "./http/middleware.ts";
import { traceRequests } from "./http/trace-requests.ts";
import { transcode } from "./transcode.ts";

/** The gateway's HTTP side: what it serves comes from the contract. */
export function createApp(context: GatewayContext): Express {
  const { config, log, metrics, tracing, originRule } = context;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.set("query parser", false);

  if (tracing) app.use(traceRequests(tracing));
  app.use(observe(log, metrics), secureHeaders(), cors(originRule));
  app.use(documentRoutes(context.upstreams.map((it) => it.service)));

  const admit = createAdmission({ ...config, guard: context.guard, requests: context.requests });
  const hooks = credentialHooks({
    auth: createClient(AuthService, context.auth),
    jar: createCookieJar(config.isProduction),
    tokensInBody: config.tokensInBody,
  });
  const transports = new Map(context.upstreams.map((it) => [it.service.typeName, it.transport]));
  const guard = guardOrigin(originRule);
  for (const [, routes] of byTemplate(restRoutes(context.upstreams.map((it) => it.service)))) {
    const [first] = routes;
    if (!first) continue;
    const path = app.route(expressPath(first));
    for (const route of routes) {
      const transport = transports.get(route.method.parent.typeName);
      if (!transport) throw new Error(`${route.method.parent.typeName} has no transport`);
      path[route.verb](
        guard,
        transcode(route, { transport, admit, hook: hooks.get(route.method) }),
      );
    }
    path.all(refuseMethod(routes.map((route) => route.verb.toUpperCase())));
  }
  app.use(answerNotFound);
  app.use(answerErrors(log));
  return app;
}
