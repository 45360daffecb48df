import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const path = join(import.meta.dirname, "../../docker-compose.yml");
const file: { services: Record<string, { environment: Record<string, string> }> } = parse(
  await readFile(path, "utf8"),
  { merge: true },
);

test("behind the proxy that it asks for, a client is known by its own address by default", () => {
  for (const name of ["gateway", "message"]) {
    const { environment } = file.services[name] ?? {};
    assert.match(environment?.TRUSTED_PROXY_HOPS ?? "", /:-1\}$/, name);
  }
});
