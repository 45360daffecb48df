import { setTimeout as pause } from "node:timers/promises";
import type { Attributes, TextMapGetter } from "@opentelemetry/api";
import { currentRequestId } from "../request-id.ts";
import { batchingOf, exporterOf, samplerOf } from "./settings.ts";

export interface SpanStart {
  name: string;
  kind: "server" | "client" | "consumer";
  attributes: Attributes;
  /** Reads the headers of who asks, in which the trace context of W3C may stand. */
  header?: (name: string) => string | undefined;
}

/** A span that is open. */
export interface OpenSpan {
  /** Spans that `work` begins, now or later, are children of this one. */
  run: <T>(work: () => T) => T;
  /** Writes the trace context of W3C into headers. */
  inject: (setHeader: (name: string, value: string) => void) => void;
  rename: (name: string) => void;
  /** @param error what went wrong, in a word of few: `error.type` of the conventions */
  end: (attributes: Attributes, error?: string) => void;
}

/** Spans of one service, sent where the `OTEL_*` variables say; disposing sends what is left. */
export interface Tracing extends AsyncDisposable {
  begin: (span: SpanStart) => OpenSpan;
}

/**
 * Begins to trace if the usual `OTEL_*` variables ask for it; loads OpenTelemetry only then.
 * @param serviceName for `OTEL_SERVICE_NAME` where that is not set
 * @param closeMs a collector that isn't there keeps a process no longer from ending
 */
export async function openTracing(
  serviceName: string,
  closeMs = 2_000,
): Promise<Tracing | undefined> {
  const exporterName = exporterOf(process.env);
  if (!exporterName) return undefined;
  const [api, sdk, resources, { W3CTraceContextPropagator }, { AsyncLocalStorageContextManager }] =
    await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/core"),
      import("@opentelemetry/context-async-hooks"),
    ]);
  const { context, SpanKind, SpanStatusCode, trace } = api;
  // One of the process; it stays where the application has brought its own.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const exporter =
    exporterName === "console"
      ? new sdk.ConsoleSpanExporter()
      : new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter();
  const provider = new sdk.TracerProvider({
    sampler: samplerOf(sdk, process.env),
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ "service.name": serviceName }))
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, ...batchingOf(process.env) })],
  });
  const tracer = provider.getTracer("@aetherconnect/rpc");
  const propagator = new W3CTraceContextPropagator();
  const kinds = {
    server: SpanKind.SERVER,
    client: SpanKind.CLIENT,
    consumer: SpanKind.CONSUMER,
  };

  return {
    begin({ name, kind, attributes, header }) {
      const parent = header
        ? propagator.extract(api.ROOT_CONTEXT, header, headerGetter)
        : context.active();
      const requestId = currentRequestId();
      const all = requestId === undefined ? attributes : { ...attributes, "request.id": requestId };
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes: all }, parent);
      const inner = trace.setSpan(parent, span);
      return {
        run: (work) => context.with(inner, work),
        inject: (setHeader) =>
          propagator.inject(inner, setHeader, { set: (set, key, value) => set(key, value) }),
        rename: (newName) => void span.updateName(newName),
        end(more, error) {
          span.setAttributes(error === undefined ? more : { ...more, "error.type": error });
          if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const closed = provider.shutdown().catch(() => undefined);
      await Promise.race([closed, pause(closeMs, undefined, { ref: false })]);
    },
  };
}

const headerGetter: TextMapGetter<(name: string) => string | undefined> = {
  keys: () => [],
  get: (header, name) => header(name),
};
