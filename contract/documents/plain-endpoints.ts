import type { JsonObject } from "@bufbuild/protobuf";
import { commonHeaders, failureAnswers } from "./answers.ts";
import { type Comments, objectSchema, type SchemaBook } from "./json-schema.ts";

/** What the gateway serves beside the contract: the one table of it. */
export function plainEndpoints(book: SchemaBook, comments: Comments): JsonObject {
  const health = book.add("Health", {
    ...objectSchema(
      {
        properties: {
          status: { enum: ["ok", "degraded", "unavailable"] },
          dependencies: {
            type: "object",
            additionalProperties: { enum: ["up", "down"] },
          },
        },
        required: ["status", "dependencies"],
      },
      "How the process and what it depends on stand.",
    ),
    examples: [{ status: "degraded", dependencies: { auth: "up", redis: "down" } }],
  });
  const json = (schema: JsonObject) => ({ "application/json": { schema } });
  const text = (type: string) => ({ [type]: { schema: { type: "string" } } });
  const ready = "Ready for work; degraded if it can do without what is missing.";
  const table: [path: string, id: string, summary: string, content: JsonObject, ok: string][] = [
    ["/health", "health", "Whether the gateway can work.", json(health), ready],
    ["/health/live", "live", "Whether the process runs.", json(health), "It runs."],
    ["/health/ready", "ready", "Whether the gateway can work.", json(health), ready],
    [
      "/metrics",
      "metrics",
      "Metrics for Prometheus: for this machine, or with METRICS_TOKEN as bearer; else 404.",
      text("text/plain"),
      "Text exposition format.",
    ],
    ["/openapi.json", "openapi", "This document.", json({ type: "object" }), "OpenAPI 3.1."],
    [
      "/asyncapi.json",
      "asyncapi",
      "The events of the sockets.",
      json({ type: "object" }),
      "AsyncAPI 3.0.",
    ],
    ["/docs", "docs", "Both documents, to read.", text("text/html"), "A page."],
    [
      "/sdk.js",
      "sdk",
      "The client package, for a script tag.",
      text("text/javascript"),
      "A module.",
    ],
  ];
  return Object.fromEntries(
    table.map(([path, id, summary, content, ok]) => {
      const canBeUnready = path === "/health" || path === "/health/ready";
      const responses = {
        "200": { description: ok, headers: commonHeaders, content },
        ...(canBeUnready && {
          "503": { description: "Not ready.", headers: commonHeaders, content },
        }),
        ...((path === "/metrics" || path === "/sdk.js") &&
          failureAnswers(book, comments, ["NOT_FOUND"])),
      };
      const operation = { operationId: id, tags: ["Operation"], summary, security: [], responses };
      return [path, { get: operation }];
    }),
  );
}
