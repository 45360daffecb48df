import assert from "node:assert/strict";
import { test } from "node:test";
import { createOriginRule } from "#common/http/origin.ts";
import { createLogger } from "#common/log.ts";
import { namingForeign } from "#gateway/http/foreign-origins.ts";

test("an origin that isn't let in is named in the log, once, and of many the first", () => {
  const origins: string[] = [];
  const log = createLogger("gateway", "warn", {
    write: (line) => origins.push(JSON.parse(line).origin),
  });
  const isAllowed = namingForeign(
    createOriginRule({
      clientOrigins: ["http://localhost:3004"],
      publicOrigin: undefined,
      isProduction: false,
    }),
    log,
  );
  assert.equal(isAllowed({ origin: "http://localhost:3004" }), true);
  assert.equal(isAllowed({}), true);
  assert.equal(isAllowed({ "sec-fetch-site": "cross-site" }), false);
  for (let i = 0; i < 2; i++) assert.equal(isAllowed({ origin: "http://localhost:5173" }), false);
  assert.deepEqual(origins, ["http://localhost:5173"]);
  for (let i = 0; i < 100; i++) isAllowed({ origin: `https://${i}.example` });
  assert.equal(origins.length, 20);
});
