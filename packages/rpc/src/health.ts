import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "./gen/grpc/health/v1/health_pb.ts";

const pollMs = 1_000;
/** Anybody may watch, so that not everybody can: orchestrators are few. */
const maxWatchers = 100;

/** Adds `grpc.health.v1.Health`. `""` asks for the whole service. */
export function addHealth(
  router: ConnectRouter,
  serviceNames: readonly string[],
  isReady: () => Promise<boolean>,
): void {
  const statusOf = async (service: string) => {
    if (service !== "" && !serviceNames.includes(service)) return undefined;
    return (await isReady()) ? Status.SERVING : Status.NOT_SERVING;
  };
  let watchers = 0;
  router.service(Health, {
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
