import type { DescService } from "@bufbuild/protobuf";
import express, { type Express } from "express";
import { byTemplate, expressPath, restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { createDoor } from "./admission.ts";
import type { GatewayContext } from "./context.ts";
import { createCookieJar } from "./cookies.ts";
import { credentialHooks } from "./credentials.ts";
import { documentRoutes } from "./docs/routes.ts";
import {
  answerErrors,
  answerNotFound,
  cors,
  createHeads,
  guardOrigin,
  observe,
  refuseMethod,
  setHeads,
} from "./http/middleware.ts";
import { traceRequests } from "./http/trace-requests.ts";
import { createCall, transcode } from "./transcode.ts";

/** The gateway's HTTP side: what it serves comes from the contract. */
export function createApp(context: GatewayContext): Express {
  const { config, feed, log, metrics, tracing, originRule } = context;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.set("query parser", false);

  if (tracing) app.use(traceRequests(tracing));
  app.use(observe(log, metrics));

  const services = context.upstreams.map((it) => it.service);
  const calls = new Map(
    context.upstreams.map((it) => [it.service.typeName, createCall(it.callRaw, feed.markEnded)]),
  );
  const callOf = (service: DescService) => {
    const call = calls.get(service.typeName);
    if (!call) throw new Error(`${service.typeName} is not called`);
    return call;
  };
  const door = createDoor({ ...config, guard: context.guard, requests: context.requests });
  const hooks = credentialHooks({
    callAuth: callOf(AuthService),
    door,
    jar: createCookieJar(config.isProduction),
    tokensInBody: config.tokensInBody,
  });
  const headOf = createHeads(originRule);
  const guard = guardOrigin(originRule);
  const paths = byTemplate(restRoutes(services)).map(([, routes]) => routes);
  for (const routes of paths) {
    const [first] = routes;
    const path = first && app.route(expressPath(first));
    for (const route of routes) {
      const call = callOf(route.method.parent);
      const hook = hooks.get(route.method);
      path?.[route.verb](guard, transcode(route, { call, door, headOf, hook }));
    }
  }
  // What no route takes has time.
  app.use(setHeads(headOf), cors(originRule), documentRoutes(services));
  for (const routes of paths) {
    const [first] = routes;
    const verbs = routes.map((route) => route.verb.toUpperCase());
    if (first) app.all(expressPath(first), refuseMethod(verbs));
  }
  app.use(answerNotFound);
  app.use(answerErrors(log, headOf));
  return app;
}
