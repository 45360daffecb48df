import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "./gen/grpc/health/v1/health_pb.ts";
import { type Implementation, implement } from "./implementation.ts";

const pollMs = 1_000;
/** Anybody may watch, so that not everybody can: orchestrators are few. */
const maxWatchers = 100;

/** `grpc.health.v1.Health`; `""` asks for the whole server. */
export function health(
  serviceNames: readonly string[],
  isReady: () => Promise<boolean>,
): Implementation {
  const statusOf = async (service: string) => {
    if (service !== "" && !serviceNames.includes(service)) return undefined;
    return (await isReady()) ? Status.SERVING : Status.NOT_SERVING;
  };
  let watchers = 0;
  return implement(Health, {
    async check({ service }) {
      const status = await statusOf(service);
      if (status === undefined) throw new ConnectError("unknown service", Code.NotFound);
      return { status };
    },
    async *watch({ service }, { signal }) {
      if (watchers >= maxWatchers) {
        throw new ConnectError("too many watch already", Code.ResourceExhausted);
      }
      watchers++;
      try {
        let last: Status | undefined;
        while (!signal.aborted) {
          const status = (await statusOf(service)) ?? Status.SERVICE_UNKNOWN;
          if (status !== last) yield { status };
          last = status;
          await pause(pollMs, undefined, { signal }).catch(() => undefined);
        }
      } finally {
        watchers--;
      }
    },
  });
}
