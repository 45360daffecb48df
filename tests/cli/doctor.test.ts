import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { describe, test } from "node:test";
import { createClock } from "#tools/attack/clocks.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { portOf } from "#tools/rig/ports.ts";
import { shared } from "#tools/rig/shared.ts";
import { freePortSettings } from "#tools/rig/supervisor.ts";
import { createExamination } from "./examine.ts";

const platform = await shared(startPlatform());
const examination = await shared(createExamination(platform));
const { examine, finds, folder, settings } = examination;

describe("doctor finds of services", () => {
  test("finds nothing wrong with a platform that is well", async () => {
    const { findings } = await finds({}, {});
    assert.ok(findings.length >= 14);
    const { stdout } = await examination.run(["doctor"]);
    assert.match(stdout, /^ok {4}PostgreSQL: .* answers/m);
  });

  test("nothing runs", async () => {
    const { problems } = await finds(await freePortSettings(), {
      platform: /isn't running: nothing listens at .*, .*, .*, .*, /,
    });
    assert.match(problems[0]?.todo ?? "", /npm start/);
    // The server that npm start would run is a part of it.
    const { lines } = await finds(
      { ...(await freePortSettings()), DATABASE_URL: undefined },
      { platform: /isn't running/ },
    );
    assert.ok(!lines.some((it) => it.about === "PostgreSQL"));
  });

  test("a part of it runs", async () => {
    const { API_GATEWAY_PORT } = await freePortSettings();
    await finds({ API_GATEWAY_PORT }, { gateway: /nothing listens at .*ECONNREFUSED/ });
  });

  test("a setting can't be used", async () => {
    await finds({ SERVICE_SECRET: "short" }, { settings: /SERVICE_SECRET must be 32 bytes/ });
    const port = settings.AUTH_SERVICE_HTTP_PORT;
    await finds({ API_GATEWAY_PORT: port }, { settings: /must differ/ });
  });

  test("another program has a port", async () => {
    const other = createServer((_req, res) => res.end("<html>")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const port = `${portOf(other)}`;
    await finds({ API_GATEWAY_PORT: port }, { gateway: /another program listens/ });
    await finds(
      { AUTH_SERVICE_GRPC_PORT: port },
      {
        "auth RPC": /can't be reached/,
        "service secret": /can't be tried/,
      },
    );
    other.close();
  });

  test("the auth service has ended", async () => {
    await platform.auth.stop();
    const { problems, warnings } = await examine();
    await platform.auth.start();
    const named = problems.map((it) => it.about);
    for (const about of ["auth service", "auth RPC", "service secret"]) {
      assert.ok(named.includes(about), about);
    }
    assert.ok(
      [...problems, ...warnings].some((it) => /gateway/.test(it.about) && /auth/.test(it.text)),
    );
  });

  test("the secret is another one than the services'", async () => {
    await finds({ SERVICE_SECRET: "x".repeat(32) }, { "service secret": /doesn't believe it/ });
  });

  test("a service has another secret than the auth service", async () => {
    const secret: [string] = ["x".repeat(32)];
    await using other = await platform.startMessage({ serviceSecrets: secret });
    const { problems } = await finds(
      {
        MESSAGE_SERVICE_URLS: other.httpUrl,
        MESSAGE_SERVICE_RPC_URLS: other.rpcUrl,
      },
      { "message service": /degraded: auth can't be reached/ },
    );
    assert.match(problems[0]?.todo ?? "", /SERVICE_SECRET of the two differs/);
  });

  test("another service is where one is looked for", async () => {
    await finds(
      { MESSAGE_SERVICE_RPC_URLS: platform.authRpcUrl },
      { "message RPC": /another service is at/ },
    );
  });

  test("a service is of another release", async () => {
    const older = await startOlder(platform.authUrl, { "contract-version": "0.9.0" });
    await finds(
      { AUTH_SERVICE_HTTP_PORT: `${portOf(older)}` },
      {
        "auth service's contract": /is 0\.9\.0, and this checkout's is/,
      },
    );
    older.close();
  });

  test("the platform is of contract 1.0, which knows nobody of this tool's name", async () => {
    const gateway = await startOlder(platform.gatewayUrl);
    const auth = await startOlder(platform.authUrl);
    const { warnings } = await finds(
      {
        API_GATEWAY_PORT: `${portOf(gateway)}`,
        AUTH_SERVICE_HTTP_PORT: `${portOf(auth)}`,
        // It is refused as that one refuses it.
        SERVICE_SECRET: "x".repeat(32),
      },
      {
        "gateway's contract": /is 1\.0\.0, and this checkout's is/,
        "auth service's contract": /isn't said: its release is older than this checkout's/,
      },
    );
    const secret = warnings.find((it) => it.about === "service secret");
    assert.match(secret?.text ?? "", /the auth service is of another contract/);
    gateway.close();
    auth.close();
  });

  test("clocks are apart", async (t) => {
    const clock = createClock(folder);
    if (!clock) return t.skip("libfaketime is not installed");
    clock.set(-600);
    const behind = /is \d{3} s ahead of this machine's, so that tokens are refused/;
    await finds(clock.settings, {
      "PostgreSQL's clock": behind,
      "gateway's clock": behind,
      "auth service's clock": behind,
      "message service's clock": behind,
      "service secret": /doesn't believe it/,
    });
  });
});

/** Answers for a service as one of an older release does: its contract stands in its document alone. */
async function startOlder(url: string, head: Record<string, string> = {}): Promise<Server> {
  const older = createServer(async (req, res) => {
    const answer = await fetch(`${url}${req.url}`);
    const text = await answer.text();
    res.writeHead(answer.status, head);
    res.end(text.replace(/("info":\{[^}]*"version":")[^"]*/, "$11.0.0"));
  }).listen(0, "127.0.0.1");
  await once(older, "listening");
  return older;
}
