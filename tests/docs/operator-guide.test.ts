import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "#contract/root.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { startNginx, withoutNginx } from "#tools/rig/nginx.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { findFreePort } from "#tools/rig/ports.ts";
import { makeCertificate, withoutOpenssl } from "#tools/rig/relay.ts";
import { shared } from "#tools/rig/shared.ts";
import { newSocket, next, wsToken } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";
import { settingsOf } from "../cli/aether.ts";
import { runBlocks, triedBlocks } from "./guide-blocks.ts";

const guide = readFileSync(join(ROOT, "docs/guides/operator.md"), "utf8");
const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
const platform = await shared(startPlatform({ gateway: { trustedProxyHops: 1 } }));
const folder = await mkdtemp(join(tmpdir(), "operator-"));
after(() => rm(folder, { recursive: true }));
symlinkSync(join(ROOT, "clients/cli/aether.cjs"), join(folder, "aether"));

describe("the guide for operators", () => {
  test("its blocks do what they say", { skip: withoutOpenssl }, async () => {
    await copyFile(join(ROOT, ".env.example"), join(folder, ".env.example"));
    await using empty = await createTestDatabase();
    await registerUser(platform);
    const blocks = triedBlocks(guide).map((it) => {
      return { ...it, script: it.script.replaceAll("http://localhost:3000", platform.gatewayUrl) };
    });
    assert.ok(blocks.length >= 6);
    const printed = await runBlocks(blocks, folder, {
      ...settingsOf(platform),
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      XDG_CONFIG_HOME: join(folder, "config"),
      AETHER_AUTH_URL: platform.authRpcUrl,
      AETHER_MESSAGE_URL: platform.messageRpcUrl,
      METRICS_TOKEN: "this-machine-needs-none",
      EMPTY_DATABASE_URL: empty.url,
    });
    assert.ok(Number(printed[1]) >= 10, "doctor finds most things well");
    assert.match(printed[2] ?? "", /contract_info\{.*version="\d+\.\d+\.\d+"/);
    assert.match(printed[4] ?? "", /restored and read back: /);
    assert.deepEqual(await empty.query("select count(*)::int as n from auth.users"), [{ n: 1 }]);

    const written = await readFile(join(folder, ".env"), "utf8");
    for (const [, name = ""] of compose.matchAll(/\$\{([A-Z_]+):\?/g)) {
      assert.match(written, new RegExp(`^${name}=.+$`, "m"));
    }
  });

  test("its proxy passes requests and sockets on, by TLS", {
    skip: withoutNginx || withoutOpenssl,
  }, async () => {
    const [, block = ""] = /^```nginx\n(.*?)^```$/ms.exec(guide) ?? [];
    const [map = "", server = ""] = block.split(/(?=^server \{)/m);
    // What stands beside a server the rig has written already.
    const rig = readFileSync(join(ROOT, "tools/rig/nginx.ts"), "utf8");
    assert.ok(rig.includes(map.replaceAll(/\s+/g, " ").trim()));
    const certificate = makeCertificate(folder);
    const port = await findFreePort();
    const inner = server
      .replace(/^server \{|\}\s*$/g, "")
      .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
      .replace(/ssl_certificate \S+;/, `ssl_certificate ${certificate.file};`)
      .replace(/ssl_certificate_key \S+;/, `ssl_certificate_key ${join(folder, "key.pem")};`)
      .replace("http://127.0.0.1:3000", platform.gatewayUrl);
    await using _nginx = await startNginx(inner);
    const url = `https://localhost:${port}`;
    const health = await new Promise<string>((resolve, reject) => {
      get(`${url}/health`, { ca: certificate.cert }, (res) => resolve(text(res))).on(
        "error",
        reject,
      );
    });
    assert.equal(JSON.parse(health).status, "ok");
    const token = await wsToken(await registerUser(platform));
    for (const transport of ["websocket", "polling"]) {
      const socket = newSocket(url, token, {
        transports: [transport],
        ca: certificate.cert.toString(),
      });
      const connected = next(socket, "connected");
      socket.connect();
      await connected;
      socket.disconnect();
    }
  });

  test("it names services, files and metrics that exist", async () => {
    const services = Object.keys(parse(compose, { merge: true }).services);
    const named = [...guide.matchAll(/docker compose (?:run --rm|exec -T) (\w+)/g)];
    assert.ok(named.length >= 3);
    for (const [, name = ""] of named) assert.ok(services.includes(name), name);
    for (const [, path = ""] of guide.matchAll(/\]\(([^)]+)\)/g)) {
      assert.ok(existsSync(join(ROOT, "docs/guides", path)), path);
    }
    const urls = [platform.gatewayUrl, platform.messageUrl, platform.authUrl];
    const metrics = await Promise.all(
      urls.map(async (url) => (await fetch(`${url}/metrics`)).text()),
    );
    const watched = [...guide.matchAll(/^\| `([a-z_0-9]+)` \|/gm)];
    assert.ok(watched.length >= 8);
    for (const [, name = ""] of watched) {
      assert.ok(metrics.join("").includes(`# HELP ${name} `), name);
    }
  });
});
