import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ConfigError, type Env } from "#common/settings.ts";
import { parseGatewayConfig } from "#gateway/config.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { parseMessageConfig } from "#message/config.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { newSecret, withoutLimits } from "#tools/rig/layout.ts";
import { mainOf } from "#tools/rig/processes.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { makeCertificate, startRelay, withoutOpenssl } from "#tools/rig/relay.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { freePortSettings, startSupervisor } from "#tools/rig/supervisor.ts";
import { generalRoomId, registerUser } from "#tools/rig/users.ts";
import { temporaryFolder } from "./clusters.ts";

const run = promisify(execFile);
const interfaces = Object.values(networkInterfaces()).flat();
const withoutIpv6 = !interfaces.some((it) => it?.address === "::1") && "this machine has no IPv6";

/** Registers, and chats by REST and by both transports through the gateway. */
async function chat(gatewayUrl: string): Promise<void> {
  const user = await registerUser({ client: () => createHttpClient(gatewayUrl) });
  const roomId = await generalRoomId(user.client);
  for (const transport of ["polling", "websocket"]) {
    const socket = await connectSocket(gatewayUrl, user, { transports: [transport] });
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    const sent = await socket.emitWithAck("send_message", { roomId, content: transport });
    assert.ok(sent.success);
    socket.disconnect();
  }
  const { body } = await user.client.get(`/api/rooms/${roomId}/messages`);
  assert.equal(body.messages.length, 2);
  const health = await user.client.get("/health/ready");
  assert.equal(health.body.status, "ok", health.text);
}

for (const [host, reached] of [
  ["::1", "[::1]"],
  ["::", "[::1]"],
  ["::", "127.0.0.1"],
] as const) {
  test(`the platform listens on ${host} and is reached at ${reached}`, {
    skip: withoutIpv6,
  }, async () => {
    using folder = temporaryFolder();
    const ports = await freePortSettings();
    await using _platform = await startSupervisor({
      ...withoutLimits,
      ...ports,
      HOST: host,
      DATA_DIR: join(folder.path, ".data"),
      AUTH_SERVICE_URL: `http://${reached}:${ports.AUTH_SERVICE_GRPC_PORT}`,
    });
    await chat(`http://${reached}:${ports.API_GATEWAY_PORT}`);
    // A client that isn't ours, with Node's way to write the address.
    const transport = createConnectTransport({
      baseUrl: `http://${reached}:${ports.AUTH_SERVICE_GRPC_PORT}`,
      httpVersion: "2",
    });
    assert.equal((await createClient(AuthService, transport).getSigningKeys({})).keys.length, 1);
  });
}

test("the platform starts without its web client where that port is taken", async () => {
  using folder = temporaryFolder();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  try {
    await using platform = await startSupervisor({
      ...withoutLimits,
      DATA_DIR: join(folder.path, ".data"),
      WEB_CLIENT_PORT: `${port}`,
    });
    assert.match(platform.printed(), new RegExp(`web: port ${port} is in use: .*WEB_CLIENT_PORT`));
    assert.doesNotMatch(platform.printed(), /Chat in a browser/);
    await chat(platform.gatewayUrl);
  } finally {
    other.close();
  }
});

test("databases and Redis are found by IPv6 addresses", {
  skip: withoutIpv6 || withoutRedis,
}, async () => {
  using folder = temporaryFolder();
  await using database = await createTestDatabase();
  await using redis = await startRedis();
  const throughIpv6 = async (target: string) => {
    const url = new URL(target);
    const relay = await startRelay("::1", Number(url.port));
    // Setting the host of a URL whose scheme isn't special wants one that is written as in a URL.
    url.host = `[::1]:${relay.port}`;
    return { url: url.href, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
  };
  await using postgres = await throughIpv6(database.url);
  await using hints = await throughIpv6(redis.url);
  await using platform = await startSupervisor({
    ...withoutLimits,
    DATA_DIR: join(folder.path, ".data"),
    DATABASE_URL: postgres.url,
    REDIS_URL: hints.url,
  });
  await chat(platform.gatewayUrl);
});

test("services are found by https, by name and by address", { skip: withoutOpenssl }, async () => {
  using folder = temporaryFolder();
  const certificate = makeCertificate(folder.path);
  const ports = await freePortSettings();
  const relayTo = (name: string) => startRelay("127.0.0.1", Number(ports[name]), certificate);
  await using auth = await relayTo("AUTH_SERVICE_GRPC_PORT");
  await using rpc = await relayTo("MESSAGE_SERVICE_GRPC_PORT");
  await using sockets = await relayTo("MESSAGE_SERVICE_HTTP_PORT");
  await using platform = await startSupervisor({
    ...withoutLimits,
    ...ports,
    DATA_DIR: join(folder.path, ".data"),
    NODE_EXTRA_CA_CERTS: certificate.file,
    AUTH_SERVICE_URL: `https://localhost:${auth.port}`,
    MESSAGE_SERVICE_RPC_URLS: `https://127.0.0.1:${rpc.port}/`,
    MESSAGE_SERVICE_URLS: `https://127.0.0.1:${sockets.port}`,
  });
  await chat(platform.gatewayUrl);
});

const env: Env = { SERVICE_SECRET: newSecret(), DATABASE_URL: "postgres://127.0.0.1/chat" };
const urls = ["AUTH_SERVICE_URL", "MESSAGE_SERVICE_URLS", "MESSAGE_SERVICE_RPC_URLS"] as const;

test("what a database's URL asks for and the server can't do ends the start with one line", async () => {
  await using database = await createTestDatabase();
  const password = new URL(database.url);
  password.password = "";
  const tls = new URL(database.url);
  tls.searchParams.set("sslmode", "verify-full");
  // In a process of its own: pg leaves a connection open whose password is missing, and until the
  // server gives it up no database can be dropped.
  const nobody = new URL(database.url);
  nobody.username = "nobody_here";
  for (const [{ href }, reason] of [
    [password, "SASL: .* password must be a string"],
    [tls, "The server does not support SSL connections"],
    [nobody, '.* "nobody_here"'],
  ] as const) {
    const ended = await run(process.execPath, [mainOf("message")], {
      env: { ...process.env, ...(await freePortSettings()), ...env, DATABASE_URL: href },
    }).catch((error: { code: number; stderr: string }) => error);
    assert.ok("code" in ended, "the start fails");
    assert.equal(ended.code, 1);
    const line = `^PostgreSQL refuses the connection \\(${reason}\\): check DATABASE_URL\n$`;
    assert.match(ended.stderr, new RegExp(line));
  }
});

test("one and the same address is taken however it is written", () => {
  for (const variable of urls) {
    for (const [written, taken] of [
      ["http://chat.example:80", "http://chat.example"],
      ["HTTPS://Chat.example:443/", "https://chat.example"],
      ["http://[0:0:0:0:0:0:0:1]:50001", "http://[::1]:50001"],
    ] as const) {
      const config = parseGatewayConfig({ ...env, [variable]: written });
      assert.deepEqual(
        [config.authUrl, ...config.messageUrls, ...config.messageRpcUrls].sort(),
        [
          ...["http://127.0.0.1:50001", "http://127.0.0.1:3001", "http://127.0.0.1:50002"].filter(
            (_, i) => i !== urls.indexOf(variable),
          ),
          taken,
        ].sort(),
      );
    }
  }
});

test("what can't be reached is refused", () => {
  const bad: readonly Env[] = [
    ...urls.flatMap((variable) =>
      [
        "http://host:0",
        "http://host/path",
        "http://ada:secret@host",
        "http://host?a=b",
        "http://host#a",
        "http://::1:50001",
        "http://[fe80::1%eth0]:50001",
        "ftp://host",
        "host:50001",
      ].map((value) => ({ [variable]: value })),
    ),
    ...["fe80::1%lo", "[::1]", "::1:50001", "example.com"].map((HOST) => ({ HOST })),
    ...["AUTH_SERVICE_GRPC_PORT", "MESSAGE_SERVICE_GRPC_PORT", "MESSAGE_SERVICE_HTTP_PORT"].map(
      (variable) => ({ [variable]: "0" }),
    ),
    ...["redis://host/notes", "redis://ada:50%@host"].map((REDIS_URL) => ({ REDIS_URL })),
    { METRICS_TOKEN: "four words with blanks" },
  ];
  for (const settings of bad) {
    const [variable = ""] = Object.keys(settings);
    assert.throws(
      () => parseGatewayConfig({ ...env, ...settings }),
      (error) => error instanceof ConfigError && error.message.includes(variable),
      JSON.stringify(settings),
    );
  }
  assert.throws(
    () => parseMessageConfig({ ...env, DATABASE_URL: "postgres://ada:50%@host/chat" }),
    /DATABASE_URL must have .* percent-encoded$/,
  );
  assert.throws(
    () => parseMessageConfig({ ...env, DATABASE_URL: "postgres://ada:se/cr#et@host/chat" }),
    /DATABASE_URL must .* percent-encoded$/,
  );
  assert.throws(() => parseMessageConfig({ ...env, AUTH_SERVICE_GRPC_PORT: "0" }), ConfigError);
  const elsewhere = { AUTH_SERVICE_GRPC_PORT: "0", AUTH_SERVICE_URL: "http://auth:50001" };
  assert.equal(parseMessageConfig({ ...env, ...elsewhere }).authUrl, "http://auth:50001");
});
