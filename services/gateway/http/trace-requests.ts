import type { RequestHandler } from "express";
import type { Tracing } from "#rpc";

/** A span for each request, by the semantic conventions of HTTP; what it causes is part of it. */
export function traceRequests(tracing: Tracing): RequestHandler {
  return function traceRequest(req, res, next) {
    const { method, httpVersion } = req;
    const [path = "", query] = req.originalUrl.split("?");
    const userAgent = req.headers["user-agent"];
    const span = tracing.begin({
      name: method,
      kind: "server",
      attributes: {
        "http.request.method": method,
        "url.scheme": "http",
        "url.path": path,
        ...(query !== undefined && { "url.query": query }),
        "network.protocol.version": httpVersion,
        ...(userAgent !== undefined && { "user_agent.original": userAgent }),
      },
      header: (name) => {
        const value = req.headers[name];
        return typeof value === "string" ? value : undefined;
      },
    });
    res.once("close", () => {
      const { route } = res.locals;
      if (typeof route === "string") span.rename(`${method} ${route}`);
      const status = res.statusCode;
      const isFailure = !res.writableFinished || status >= 500;
      span.end(
        {
          ...(typeof route === "string" && { "http.route": route }),
          ...(res.writableFinished && { "http.response.status_code": status }),
        },
        isFailure ? (res.writableFinished ? String(status) : "aborted") : undefined,
      );
    });
    span.run(next);
  };
}
