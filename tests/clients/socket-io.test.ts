import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { foreignClient } from "#tools/clients/foreign-clients.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { wsToken } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);

for (const language of ["python", "java", "go", "rust"]) {
  const { missing, run } = foreignClient(`socket.io-${language}`);
  describe(`Socket.IO's client in ${language}`, { skip: missing }, () => {
    test("joins, sends, hears and resumes, through the gateway and without it", async () => {
      const { body } = await user.client.post("/api/rooms", { name: language });
      const path = `/api/rooms/${body.room.id}/messages`;
      let seq = 0;
      for (const url of [platform.gatewayUrl, platform.messageUrl]) {
        // Two that it has missed since it was last there, then its own.
        for (const content of ["first", "second"]) await user.client.post(path, { content });
        const token = await wsToken(user);
        const { stdout } = await run([url, token, body.room.id, `${seq}`, `Grüße 😀 ${language}`]);
        assert.deepEqual(stdout.trim().split("\n"), [
          `missed ${seq + 1} ${seq + 2}`,
          `sent ${seq + 3}`,
          `new_message ${seq + 3} Grüße 😀 ${language}`,
        ]);
        seq += 3;
      }
    });

    test("is told why it isn't let in", async () => {
      await assert.rejects(run([platform.gatewayUrl, "no token", "room", "0", "text"]), {
        stderr: /^error UNAUTHENTICATED$/m,
      });
    });
  });
}
