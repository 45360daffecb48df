import type { Sampler } from "@opentelemetry/sdk-trace";

type Sdk = typeof import("@opentelemetry/sdk-trace");
type Env = Readonly<Record<string, string | undefined>>;

/** Where spans go by the usual `OTEL_*` variables; undefined where nothing asks for them. */
export function exporterOf(env: Env): "otlp" | "console" | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return undefined;
  const name = env.OTEL_TRACES_EXPORTER?.trim();
  if (name === "otlp" || name === "console") return name;
  if (name) {
    if (name !== "none") warn(`OTEL_TRACES_EXPORTER is neither otlp, console nor none: no traces`);
    return undefined;
  }
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return endpoint ? "otlp" : undefined;
}

/** Which traces are kept: `OTEL_TRACES_SAMPLER`, with the specification's default. */
export function samplerOf(sdk: Sdk, env: Env): Sampler {
  const all = new sdk.AlwaysOnSampler();
  const none = new sdk.AlwaysOffSampler();
  const ratio = () => new sdk.TraceIdRatioBasedSampler(ratioOf(env.OTEL_TRACES_SAMPLER_ARG));
  const followParent = (root: Sampler) => new sdk.ParentBasedSampler({ root });
  switch (env.OTEL_TRACES_SAMPLER) {
    case "always_on":
      return all;
    case "always_off":
      return none;
    case "traceidratio":
      return ratio();
    case "parentbased_always_off":
      return followParent(none);
    case "parentbased_traceidratio":
      return followParent(ratio());
    case undefined:
    case "":
    case "parentbased_always_on":
      return followParent(all);
    default:
      warn("OTEL_TRACES_SAMPLER is unknown: every trace is kept that its caller keeps");
      return followParent(all);
  }
}

/** How spans are gathered: `OTEL_BSP_*`, with the SDK's defaults. */
export function batchingOf(env: Env) {
  const delay = countOf(env.OTEL_BSP_SCHEDULE_DELAY);
  const timeout = countOf(env.OTEL_BSP_EXPORT_TIMEOUT);
  const queue = countOf(env.OTEL_BSP_MAX_QUEUE_SIZE);
  const batch = countOf(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE);
  return {
    ...(delay !== undefined && { scheduledDelayMillis: delay }),
    ...(timeout !== undefined && { exportTimeoutMillis: timeout }),
    ...(queue !== undefined && { maxQueueSize: queue }),
    ...(batch !== undefined && { maxExportBatchSize: batch }),
  };
}

function ratioOf(text: string | undefined): number {
  const ratio = Number(text || 1);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

function countOf(text: string | undefined): number | undefined {
  const count = Number(text);
  return text && Number.isInteger(count) && count >= 0 ? count : undefined;
}

/** By the specification a wrong setting of tracing is reported, and never ends what is traced. */
function warn(text: string): void {
  process.emitWarning(text, "OpenTelemetry");
}
