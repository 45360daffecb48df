import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { withoutLimits } from "#tools/rig/layout.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { startSupervisor } from "#tools/rig/supervisor.ts";
import { generalRoomId, registerUser } from "#tools/rig/users.ts";
import { temporaryFolder } from "./clusters.ts";

const require = createRequire(import.meta.url);
const nowhere = "http://127.0.0.1:9";

/** What a shell may have for other programs, and would keep ours from anything. */
const foreign: Readonly<Record<string, string>> = {
  PGHOST: "127.0.0.9",
  PGPORT: "9",
  PGUSER: "somebody",
  PGPASSWORD: "theirs",
  PGDATABASE: "theirs",
  PGSSLMODE: "require",
  PGSSLNEGOTIATION: "direct",
  PGOPTIONS: "-c nonsense=1",
  PGAPPNAME: "theirs",
  PGCLIENT_ENCODING: "LATIN1",
  PGREPLICATION: "database",
  PGBINARY: "1",
  PGCONNECT_TIMEOUT: "1",
  PGPASSFILE: "/nowhere",
  NODE_PG_FORCE_NATIVE: "1",
  NODE_TLS_REJECT_UNAUTHORIZED: "0",
  NODE_USE_ENV_PROXY: "1",
  HTTP_PROXY: nowhere,
  HTTPS_PROXY: nowhere,
  ALL_PROXY: nowhere,
  http_proxy: nowhere,
  https_proxy: nowhere,
  NO_PROXY: "",
  REDIS_HOST: "127.0.0.9",
  REDIS_PORT: "9",
  USER: "somebody",
  USERNAME: "somebody",
};

test("the variables that pg reads are all among those that are tried", () => {
  const folder = dirname(require.resolve("pg/package.json"));
  for (const file of ["connection-parameters", "defaults", "index"]) {
    const code = readFileSync(join(folder, "lib", `${file}.js`), "utf8");
    for (const [, name = ""] of code.matchAll(/process\.env\.(\w+)|envVar = '(\w+)'/g)) {
      if (name) assert.ok(name in foreign, name);
    }
    for (const [, key = ""] of code.matchAll(/val\('(\w+)', config(?:, '\w+')?\)/g)) {
      const name = key === "application_name" ? "PGAPPNAME" : `PG${key.toUpperCase()}`;
      assert.ok(name in foreign, name);
    }
  }
});

test("nothing that the shell's environment says to libraries decides how we connect", {
  skip: withoutRedis,
}, async () => {
  using folder = temporaryFolder();
  await using redis = await startRedis();
  await using platform = await startSupervisor({
    ...foreign,
    ...withoutLimits,
    DATA_DIR: join(folder.path, ".data"),
    REDIS_URL: redis.url,
  });
  const user = await registerUser({ client: () => createHttpClient(platform.gatewayUrl) });
  const roomId = await generalRoomId(user.client);
  for (const transport of ["polling", "websocket"]) {
    const socket = await connectSocket(platform.gatewayUrl, user, { transports: [transport] });
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    socket.disconnect();
  }
  const { body } = await user.client.get("/health/ready");
  assert.deepEqual(body, {
    status: "ok",
    dependencies: { auth: "up", message: "up", redis: "up" },
  });
});
