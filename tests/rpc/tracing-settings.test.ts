import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import * as sdk from "@opentelemetry/sdk-trace";
import { batchingOf, exporterOf, samplerOf } from "../../packages/rpc/src/tracing/settings.ts";

type Env = Parameters<typeof exporterOf>[0];

test("traces are sent where the variables ask for it, and nowhere else", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
  const cases: [Env, string | undefined][] = [
    [{}, undefined],
    [{ OTEL_SERVICE_NAME: "named" }, undefined],
    [endpoint, "otlp"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" }, "otlp"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
    [{ OTEL_TRACES_EXPORTER: "otlp" }, "otlp"],
    [{ OTEL_TRACES_EXPORTER: "console", ...endpoint }, "console"],
    [{ OTEL_TRACES_EXPORTER: "none", ...endpoint }, undefined],
    [{ OTEL_SDK_DISABLED: "true", ...endpoint }, undefined],
    [{ OTEL_SDK_DISABLED: "false", ...endpoint }, "otlp"],
  ];
  for (const [env, expected] of cases) {
    assert.equal(exporterOf(env), expected, JSON.stringify(env));
  }
});

test("the sampler is the specification's", () => {
  const root = ROOT_CONTEXT;
  const under = (traceFlags: TraceFlags) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      spanId: "00f067aa0ba902b7",
      isRemote: true,
      traceFlags,
    });
  const kept = under(TraceFlags.SAMPLED);
  const dropped = under(TraceFlags.NONE);
  // Of a root span, and of spans whose caller keeps and doesn't keep the trace.
  const cases: [string, string | undefined, [boolean, boolean, boolean]][] = [
    ["", undefined, [true, true, false]],
    ["always_on", undefined, [true, true, true]],
    ["always_off", undefined, [false, false, false]],
    ["traceidratio", "0", [false, false, false]],
    ["traceidratio", "1", [true, true, true]],
    ["traceidratio", "nonsense", [true, true, true]],
    ["parentbased_always_on", undefined, [true, true, false]],
    ["parentbased_always_off", undefined, [false, true, false]],
    ["parentbased_traceidratio", "0", [false, true, false]],
    ["of our own", undefined, [true, true, false]],
  ];
  for (const [name, arg, expected] of cases) {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg };
    const sampler = samplerOf(sdk, env);
    const decisions = [root, kept, dropped].map(
      (context) =>
        sampler.shouldSample(
          context,
          "4bf92f3577b34da6a3ce929d0e0e4736",
          "a span",
          SpanKind.SERVER,
          {},
          [],
        ).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED,
    );
    assert.deepEqual(decisions, expected, `${name} ${arg ?? ""}`);
  }
});

test("spans are gathered as the variables say; what is no number is left to the SDK", () => {
  assert.deepEqual(batchingOf({}), {});
  assert.deepEqual(
    batchingOf({
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BSP_EXPORT_TIMEOUT: "soon",
      OTEL_BSP_MAX_QUEUE_SIZE: "4096",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "-1",
    }),
    { scheduledDelayMillis: 100, maxQueueSize: 4096 },
  );
});
