import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignClient } from "#tools/clients/foreign-clients.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const { missing, run } = foreignClient("grpcio");

for (const compression of ["NoCompression", "Gzip", "Deflate"]) {
  test(`grpcio with ${compression}: health, reflection, calls, and why one fails`, {
    skip: missing,
  }, async () => {
    const user = await registerUser(platform);
    const token = user.client.cookie("accessToken") ?? "";
    const { stdout } = await run([new URL(platform.messageRpcUrl).host, token, compression]);
    assert.deepEqual(stdout.trim().split("\n"), [
      "SERVING",
      "listed",
      "grpcio",
      "INVALID_ARGUMENT ERROR_REASON_VALIDATION_FAILED name",
    ]);
  });
}
