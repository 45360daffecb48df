import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { post } from "#tools/rig/api.ts";
import { freePortSettings, startSupervisor } from "#tools/rig/supervisor.ts";
import { newRegistration } from "#tools/rig/users.ts";
import { createAether } from "./aether.ts";

const folder = await mkdtemp(join(tmpdir(), "backup-"));
after(() => rm(folder, { recursive: true }));

test("the embedded server is backed up as it runs, and restored without a platform", async () => {
  await using aether = await createAether();
  const from = join(folder, "from");
  const to = join(folder, "to");
  const kept = join(folder, "embedded");
  const registration = newRegistration();
  const ports = await freePortSettings();
  {
    await using source = await startSupervisor({ ...ports, DATA_DIR: from });
    await post(`${source.gatewayUrl}/api/auth/register`, registration);
    const taken = await aether.run(["backup", kept], { env: { ...ports, DATA_DIR: from } });
    assert.equal(taken.code, 0, taken.stderr);
  }
  const restored = await aether.run(["restore", kept], { env: { ...ports, DATA_DIR: to } });
  assert.equal(restored.code, 0, restored.stderr);
  await using target = await startSupervisor({ ...ports, DATA_DIR: to });
  const { email, password } = registration;
  const { status } = await post(`${target.gatewayUrl}/api/auth/login`, { email, password });
  assert.equal(status, 200);
});
