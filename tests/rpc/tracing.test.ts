import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { registerHooks } from "node:module";
import { json } from "node:stream/consumers";
import { before, describe, test } from "node:test";

// Everything is imported later, so that the hook learns what is loaded.
const loaded: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url);
    return nextLoad(url, context);
  },
});
// The API alone, which does nothing by itself, comes with prom-client too.
const isOfOpenTelemetry = (url: string) => /\/@opentelemetry\/(?!api\/)/.test(url);

/** A span as OTLP has it in JSON. */
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Attribute[];
  status: { code?: number };
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}

interface ExportRequest {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[];
}

const kinds = { server: 2, client: 3, consumer: 5 };

/** What of a span is compared. */
interface Seen {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parent: string;
  isError: boolean;
  attributes: Record<string, string | number | undefined>;
}

const valuesOf = (attributes: Attribute[]) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );

function seenIn({ resourceSpans }: ExportRequest): Seen[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap((it) => it.spans)
      .map((span) => ({
        service: String(valuesOf(resource.attributes)["service.name"]),
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parent: span.parentSpanId ?? "",
        isError: span.status.code === 2,
        attributes: valuesOf(span.attributes),
      })),
  );
}

/** A collector of OTLP over HTTP, on loopback. */
async function startCollector() {
  const spans: Seen[] = [];
  const server = createServer(async (req, res) => {
    assert.equal(req.url, "/v1/traces");
    const body: unknown = await json(req);
    assert.ok(isExportRequest(body));
    spans.push(...seenIn(body));
    res.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

function isExportRequest(body: unknown): body is ExportRequest {
  return typeof body === "object" && body !== null && "resourceSpans" in body;
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const browserSpan = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${browserSpan}-01`;

/** A platform on which one member is added, and one not found; afterwards it is stopped. */
async function useThePlatform() {
  const { startPlatform } = await import("#tools/rig/platform.ts");
  const { registerUser, generalRoomId } = await import("#tools/rig/users.ts");
  const { connectSocket } = await import("#tools/rig/sockets.ts");
  await using platform = await startPlatform();
  const owner = await registerUser(platform);
  const guest = await registerUser(platform);
  const room = { name: "A room", roomType: "private" };
  const roomId = (await owner.client.post("/api/rooms", room)).body.room.id;
  const members = `/api/rooms/${roomId}/members`;
  const headers = { traceparent, "x-request-id": "traced-1" };
  await owner.client.post(members, { username: guest.username }, { headers });
  await owner.client.post(members, { username: "nobody-of-this-name" });
  const socket = await connectSocket(platform.messageUrl, owner);
  await socket.emitWithAck("join_room", { roomId: await generalRoomId(owner.client) });
  await socket.emitWithAck("join_room", { roomId: "0".repeat(24) });
  socket.disconnect();
}

test("without a word of OTEL_*, nothing of OpenTelemetry is loaded", async () => {
  await useThePlatform();
  assert.ok(loaded.some((url) => url.endsWith("/services/gateway/service.ts")));
  assert.ok(loaded.some((url) => url.includes("/@connectrpc/")));
  assert.deepEqual(loaded.filter(isOfOpenTelemetry), []);
});

describe("with OTEL_EXPORTER_OTLP_ENDPOINT", () => {
  let spans: Seen[];
  before(async () => {
    await using collector = await startCollector();
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
    await useThePlatform();
    spans = collector.spans;
  });
  const rooms = "aetherconnect.message.v1.RoomService";
  const auth = "aetherconnect.auth.v1.AuthService";

  test("a trace goes on from the browser through all services", () => {
    const ofTrace = spans.filter((it) => it.traceId === traceId);
    const chain = [
      ["gateway", "POST /api/rooms/{room_id}/members", kinds.server],
      ["gateway", `${rooms}/AddMember`, kinds.client],
      ["message", `${rooms}/AddMember`, kinds.server],
      ["message", `${auth}/FindUser`, kinds.client],
      ["auth", `${auth}/FindUser`, kinds.server],
    ] as const;
    let parent = browserSpan;
    for (const [service, name, kind] of chain) {
      const span = ofTrace.find(
        (it) => it.service === service && it.name === name && it.kind === kind,
      );
      assert.ok(span, `${service}: ${name}`);
      assert.equal(span.parent, parent, `${service}: ${name}`);
      assert.equal(span.isError, false);
      assert.equal(span.attributes["request.id"], "traced-1");
      parent = span.spanId;
    }
  });

  test("spans have the attributes of the semantic conventions", () => {
    const http = spans.find((it) => it.parent === browserSpan);
    assert.equal(http?.attributes["http.request.method"], "POST");
    assert.equal(http?.attributes["http.route"], "/api/rooms/{room_id}/members");
    assert.equal(http?.attributes["http.response.status_code"], 200);
    const call = spans.find((it) => it.name === `${auth}/FindUser` && it.kind === kinds.client);
    assert.equal(call?.attributes["rpc.system.name"], "connectrpc");
    assert.equal(call?.attributes["rpc.method"], `${auth}/FindUser`);
    assert.equal(call?.attributes["server.address"], "127.0.0.1");
    assert.ok(Number(call?.attributes["server.port"]) > 0);
  });

  test("what a caller gets wrong is an error of the call, and none of the server", () => {
    const failed = spans.filter((it) => it.attributes["rpc.status_code"] === "not_found");
    const server = failed.find((it) => it.service === "auth" && it.kind === kinds.server);
    const client = failed.find((it) => it.service === "message" && it.kind === kinds.client);
    assert.equal(server?.isError, false);
    assert.equal(client?.isError, true);
    assert.equal(client?.attributes["error.type"], "not_found");
    const http = spans.find((it) => it.attributes["http.response.status_code"] === 404);
    assert.equal(http?.isError, false);
  });

  test("socket events are messages that are processed", () => {
    const events = spans.filter((it) => it.kind === kinds.consumer);
    assert.deepEqual(
      events.map((it) => [it.service, it.name, it.isError, it.attributes["error.type"]]),
      [
        ["message", "process join_room", false, undefined],
        ["message", "process join_room", true, "ROOM_NOT_FOUND"],
      ],
    );
    assert.equal(events[0]?.attributes["messaging.system.name"], "socket.io");
    assert.equal(events[0]?.attributes["messaging.destination.name"], "join_room");
  });

  test("streams are traced until they end", () => {
    const watches = spans.filter((it) => it.name === `${auth}/WatchRevocations`);
    const client = watches.find((it) => it.service === "message" && it.kind === kinds.client);
    const server = watches.find((it) => it.parent === client?.spanId && client !== undefined);
    assert.equal(server?.service, "auth");
    assert.equal(server?.kind, kinds.server);
  });

  test("health checks are not traced", () => {
    assert.deepEqual(
      spans.filter((it) => it.name.startsWith("grpc.")),
      [],
    );
  });
});

test("a collector that isn't there hinders nothing", async () => {
  const { findFreePorts } = await import("#tools/rig/ports.ts");
  const [port] = await findFreePorts(1);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
  await useThePlatform();
});
