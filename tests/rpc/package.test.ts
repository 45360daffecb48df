import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import {
  createFileRegistry,
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  isMessage,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createConnectTransport } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import { ROOT } from "#contract/root.ts";

const bin = join(ROOT, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, PORT: "0" };
const run = (command: string, args: string[], cwd: string) =>
  promisify(execFile)(command, args, { cwd, env });

let folder: string;
let server: ReturnType<typeof spawn>;
let port: number;
let greeter: DescService;

/** A folder with nothing but the packed package and what the README says to write. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "aetherconnect-rpc-"));
  await run("npm", ["pack", "--pack-destination", folder], join(ROOT, "packages/rpc"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const offline = ["--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...offline, "./aetherconnect-rpc-1.0.0.tgz"], folder);
  const readme = await readFile(join(ROOT, "packages/rpc/README.md"), "utf8");
  for (const [, name = "", text = ""] of readme.matchAll(/```\w+ (\S+)\n(.*?)```/gs)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await run("buf", ["generate"], folder);
  await run("buf", ["build", "proto", "-o", "image.binpb"], folder);
  const set = fromBinary(FileDescriptorSetSchema, await readFile(join(folder, "image.binpb")));
  const found = createFileRegistry(set).getService("greet.v1.GreetService");
  assert.ok(found);
  greeter = found;
  server = spawn(join(bin, "node"), ["server.ts"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok(server.stdout);
  const [line]: unknown[] = await once(server.stdout, "data");
  port = Number(/port: (\d+)/.exec(String(line))?.[1]);
});
after(async () => {
  if (server.exitCode === null) {
    server.kill("SIGKILL");
    await once(server, "exit");
  }
  await rm(folder, { recursive: true });
});

test("its own client calls it", async () => {
  const { stdout } = await run(
    join(bin, "node"),
    ["client.ts", `http://127.0.0.1:${port}`],
    folder,
  );
  assert.equal(stdout, "Hello, Ada!\n");
});

test("buf curl calls it by reflection", async () => {
  const url = `http://127.0.0.1:${port}/greet.v1.GreetService/Greet`;
  const data = JSON.stringify({ name: "Ada" });
  const { stdout } = await run(
    "buf",
    ["curl", "--http2-prior-knowledge", "--data", data, url],
    folder,
  );
  assert.deepEqual(JSON.parse(stdout), { greeting: "Hello, Ada!" });
});

test("Connect's own client calls it", async () => {
  const transport = createConnectTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    httpVersion: "1.1",
  });
  const [greet] = greeter.methods;
  assert.ok(greet && isUnary(greet));
  const { message } = await transport.unary(greet, undefined, undefined, undefined, {
    name: "Ada",
  });
  assert.ok(isMessage(message) && "greeting" in message);
  assert.equal(message.greeting, "Hello, Ada!");
});

test("grpc-js calls it", async () => {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const plain = (bytes: Uint8Array) => Buffer.from(bytes);
  const answer = await new Promise<Buffer | undefined>((resolve, reject) => {
    client.makeUnaryRequest(
      "/greet.v1.GreetService/Greet",
      plain,
      plain,
      Buffer.from("\n\x03Ada"),
      (error, bytes) => (error ? reject(error) : resolve(bytes)),
    );
  });
  client.close();
  assert.equal(String(answer), "\n\x0bHello, Ada!");
});

test("it loads nothing of OpenTelemetry unless it is asked to trace", async () => {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { openTracing } = await import("@aetherconnect/rpc");
    const before = loaded.length;
    await using tracing = await openTracing("a service");
    console.log(JSON.stringify([before > 0, loaded.some((it) => it.includes("@opentelemetry"))]));
  `;
  const load = (more: NodeJS.ProcessEnv) =>
    promisify(execFile)(join(bin, "node"), ["--input-type=module", "--eval", program], {
      cwd: folder,
      env: { ...env, ...more },
    });
  assert.equal((await load({})).stdout, "[true,false]\n");
  const disabled = { OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "console" };
  assert.equal((await load(disabled)).stdout, "[true,false]\n");
  assert.equal((await load({ OTEL_TRACES_EXPORTER: "console" })).stdout, "[true,true]\n");
  const unknown = await load({ OTEL_TRACES_EXPORTER: "zipkin" });
  assert.equal(unknown.stdout, "[true,false]\n");
  assert.match(unknown.stderr, /OTEL_TRACES_EXPORTER/);
});

test("its types fit the program", async () => {
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2024"];
  options.push("--module", "nodenext", "--allowImportingTsExtensions");
  options.push("--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node");
  await run("tsc", [...options, "server.ts", "client.ts"], folder);
});

test("it stops when it is asked to", async () => {
  server.kill("SIGTERM");
  const [code, signal]: unknown[] = await once(server, "exit");
  assert.deepEqual([code, signal], [0, null]);
});

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}
