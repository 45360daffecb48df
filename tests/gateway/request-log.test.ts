import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { test } from "node:test";
import express from "express";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { observe } from "#gateway/http/middleware.ts";

test("each request leaves one line, one that its client has left says so", async () => {
  const lines: Record<string, unknown>[] = [];
  let onLine = () => {};
  const log = createLogger("gateway", "info", {
    write: (line) => {
      lines.push(JSON.parse(line));
      onLine();
    },
  });
  const nextLine = () => new Promise<void>((resolve) => (onLine = resolve));
  const metrics = createMetrics("gateway");
  const app = express();
  app.use(observe(log, metrics));
  const arrived = Promise.withResolvers<void>();
  app.get("/slow", () => arrived.resolve());
  app.get("/fast", (_req, res) => void res.status(204).end());
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;

  let line = nextLine();
  await fetch(`http://127.0.0.1:${port}/fast`);
  await line;
  line = nextLine();
  const headers = { "x-request-id": "left" };
  const leaving = request({ port, path: "/slow", headers }).on("error", () => {});
  leaving.end();
  await arrived.promise;
  leaving.destroy();
  await line;
  server.closeAllConnections();
  await once(server.close(), "close");

  const seen = lines.map(({ requestId, status, aborted }) => ({ requestId, status, aborted }));
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.status, 204);
  assert.equal(seen[0]?.aborted, undefined);
  assert.deepEqual(seen[1], { requestId: "left", status: undefined, aborted: true });
});
