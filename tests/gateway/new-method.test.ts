import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { requireUser } from "#common/rpc/caller.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import { createSessionGuard } from "#common/sessions/session-guard.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { implement } from "#rpc";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { clientOrigin, type Platform, startPlatform } from "#tools/rig/platform.ts";
import { registerUser } from "#tools/rig/users.ts";

test("a method with a rest option is served, documented, guarded and validated without an edit", async () => {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await startPlatform());
  const service = await loadFixture();
  const rpc = await startPollServer(platform, service);
  stack.defer(rpc.close);
  const serviceTokens = createServiceTokens("gateway", [platform.serviceSecret]);
  const client = createRpcClient({ url: rpc.url, audience: "message", serviceTokens });
  stack.defer(() => client.close());
  const gateway = stack.use(
    await platform.startGateway({}, { upstreams: [{ service, transport: client.transport }] }),
  );
  const user = await registerUser(platform);
  const http = createHttpClient(gateway.url);
  const headers = { authorization: `Bearer ${user.client.cookie("accessToken")}` };
  const path = "/api/rooms/abc/polls";

  const created = await http.post(path, { question: "Tea?", style: "single" }, { headers });
  assert.equal(created.status, 201);
  assert.deepEqual(created.body, {
    success: true,
    message: "Poll created successfully",
    question: "Tea?",
    userId: user.id,
    note: null,
    style: "single",
  });
  assert.equal((await http.post(path, { question: "Tea?" })).status, 401);
  const foreign = { ...headers, origin: "https://evil.example" };
  assert.equal((await http.post(path, { question: "Tea?" }, { headers: foreign })).status, 403);
  const home = { ...headers, origin: clientOrigin };
  assert.equal((await http.post(path, { question: "Tea?" }, { headers: home })).status, 201);
  for (const body of [
    {},
    { question: "T" },
    { question: 1 },
    { question: "Tea?", style: "odd" },
    { question: "Tea?", x: 1 },
  ]) {
    const answer = await http.post(path, body, { headers });
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.code, "VALIDATION_FAILED");
  }
  assert.equal((await http.get(path)).headers.get("allow"), "POST, OPTIONS");
  const document = JSON.parse((await http.get("/openapi.json")).text);
  const operation = document.paths["/api/rooms/{roomId}/polls"].post;
  assert.ok(operation.responses["201"]);
  assert.ok(operation.security.length > 0);
});

/** Builds the fixture against our contract, without generating code. */
async function loadFixture(): Promise<DescService> {
  const folder = await mkdtemp(join(tmpdir(), "fixture-"));
  try {
    await cp("proto", join(folder, "proto"), { recursive: true });
    await cp("tests/fixtures/proto/fixture", join(folder, "proto/fixture"), { recursive: true });
    await writeFile(join(folder, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n");
    const buf = join(process.cwd(), "node_modules/.bin/buf");
    await promisify(execFile)(buf, ["build", "-o", "image.binpb"], { cwd: folder });
    const set = fromBinary(FileDescriptorSetSchema, await readFile(join(folder, "image.binpb")));
    const service = createFileRegistry(set).getService("fixture.v1.PollService");
    assert.ok(service);
    return service;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function startPollServer(platform: Platform, service: DescService) {
  const serviceTokens = createServiceTokens("message", [platform.serviceSecret]);
  const auth = createRpcClient({ url: platform.authRpcUrl, audience: "auth", serviceTokens });
  const guard = createSessionGuard(createClient(AuthService, auth.transport), {
    isFresh: () => false,
    hasEnded: () => false,
  });
  const handlers = {
    createPoll(
      request: { question: string; style: number },
      context: Parameters<typeof requireUser>[0],
    ) {
      const { userId } = requireUser(context);
      return { question: request.question, userId, style: request.style || 1 };
    },
  };
  const server = await startRpcServer({
    port: 0,
    host: "127.0.0.1",
    portSetting: "-",
    // The descriptor was read at run time, so its handlers can't be typed by it.
    implementations: [implement(service, handlers as never)],
    authenticator: {
      user: guard.user,
      async service(token) {
        const name = await serviceTokens.verify(token);
        return name ? { kind: "service", name } : undefined;
      },
    },
    isReady: async () => true,
    hasReflection: false,
    log: createLogger("poll", "silent"),
    metrics: createMetrics("poll"),
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    async close() {
      await server.close();
      auth.close();
    },
  };
}
