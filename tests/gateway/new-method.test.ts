import assert from "node:assert/strict";
import { test } from "node:test";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { clientOrigin, startPlatform } from "#tools/rig/platform.ts";
import { registerUser } from "#tools/rig/users.ts";
import { loadPolls, startPolls } from "../fixtures/polls.ts";

test("a method with a rest option is served, documented, guarded and validated without an edit", async () => {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await startPlatform());
  const { service } = await loadPolls();
  const gateway = stack.use(await startPolls(platform, service));
  const user = await registerUser(platform);
  const http = createHttpClient(gateway.gatewayUrl);
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
  assert.equal((await http.put(path, {})).headers.get("allow"), "POST, GET, HEAD, OPTIONS");
  const document = JSON.parse((await http.get("/openapi.json")).text);
  const operation = document.paths["/api/rooms/{roomId}/polls"].post;
  assert.ok(operation.responses["201"]);
  assert.ok(operation.security.length > 0);
});
