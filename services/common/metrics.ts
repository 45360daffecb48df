import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { CONTRACT_VERSION } from "#contract/root.ts";

/** The metrics of one service, in a registry of its own so that tests can run several. */
export interface Metrics {
  registry: Registry;
  counter: (name: string, help: string, labels?: string[]) => Counter;
  gauge: (name: string, help: string, collect?: () => number) => Gauge;
  /** Durations in seconds. */
  histogram: (name: string, help: string, labels?: string[]) => Histogram;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Names begin with `aetherconnect_`; each metric carries the service as a label. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  // Each look at the event loop's delay wakes the process: every 10 ms, which is the default,
  // it is more than half of what an idle service uses.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const common = (name: string, help: string) => ({
    name: `aetherconnect_${name}`,
    help,
    registers: [registry],
  });
  new Gauge({
    ...common("contract_info", "The version of the contract that the service speaks; always 1"),
    labelNames: ["version"],
  }).set({ version: CONTRACT_VERSION }, 1);
  return {
    registry,
    counter: (name, help, labels = []) =>
      new Counter({ ...common(name, help), labelNames: labels }),
    gauge: (name, help, collect) =>
      new Gauge({
        ...common(name, help),
        ...(collect && {
          collect() {
            this.set(collect());
          },
        }),
      }),
    histogram: (name, help, labels = []) =>
      new Histogram({ ...common(name, help), labelNames: labels, buckets: secondsBuckets }),
  };
}
