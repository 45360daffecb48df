import { parseArgs } from "node:util";
import { type FaultKind, faultKinds, isFaultKind } from "./faults/kinds.ts";

export interface ProveOptions {
  /** How long messages are sent; the start and the verification come on top. */
  seconds: number;
  seed: number;
  /** Messages a second, all writers together; half as many other acts come on top. */
  rate: number;
  rooms: number;
  faults: readonly FaultKind[];
  hasRedis: boolean;
  store: "postgres" | "mongo";
  /** How long it may take from a fault's end until all is whole, in seconds; undefined: any time. */
  silence: number | undefined;
  /** The file that the message instances are started by. */
  messageMain: string | undefined;
  /** A PostgreSQL that runs already, and can't be killed; undefined: one of our own. */
  databaseUrl: string | undefined;
  jsonFile: string | undefined;
  keepsData: boolean;
}

/** Options that can't be used. The message is one line. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const help = `Usage: npm run prove -- [options]

Runs two message instances, PostgreSQL, Redis, auth and a gateway, with clients on all their
doors that do all that users can: the SDK at the gateway, plain Socket.IO at the instances. Breaks
things, and shows that nothing acknowledged was lost, doubled, disordered or stale. Ends with exit
code 1 if something was, or if a fault had no effect.

  --seconds N      how long messages are sent (60)
  --seed N         repeats a plan of faults (default: random; it is printed)
  --rate N         messages a second, all writers together (100); half as many other acts
  --rooms N        rooms that everybody writes to (4)
  --faults A,B     only these, or "none":
${wrapped(faultKinds, "                   ")}
  --no-redis       without Redis: instances meet in the store only
  --store mongo    messages in MongoDB, at MONGODB_URI (default: postgres)
  --silence N      seconds from a fault's end until all is whole (5; on MongoDB: any time)
  --json FILE      the results as JSON
  --keep           keeps the data and the logs, which are kept anyway after a failure
  --help
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): ProveOptions | "help" {
  const values = readFlags(args);
  if (values.help) return "help";
  const { store = "postgres" } = values;
  if (store !== "postgres" && store !== "mongo") {
    throw new UsageError(`--store must be postgres or mongo, not ${store}`);
  }
  return {
    seconds: whole("seconds", values.seconds, 60),
    seed: whole("seed", values.seed, Math.floor(Math.random() * 2 ** 31)),
    rate: whole("rate", values.rate, 100),
    rooms: whole("rooms", values.rooms, 4),
    faults: readFaults(values.faults),
    hasRedis: !values["no-redis"],
    store,
    silence: silenceOf(values.silence, store),
    messageMain: undefined,
    databaseUrl: undefined,
    jsonFile: values.json,
    keepsData: values.keep ?? false,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string" },
        seed: { type: "string" },
        rate: { type: "string" },
        rooms: { type: "string" },
        faults: { type: "string" },
        "no-redis": { type: "boolean" },
        store: { type: "string" },
        silence: { type: "string" },
        json: { type: "string" },
        keep: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}; see --help`);
  }
}

function whole(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} must be a whole number above 0, not ${value}`);
}

function silenceOf(
  value: string | undefined,
  store: ProveOptions["store"],
): ProveOptions["silence"] {
  if (value === undefined && store === "mongo") return undefined;
  return whole("silence", value, 5);
}

function readFaults(value: string | undefined): readonly FaultKind[] {
  if (value === undefined) return faultKinds;
  if (value === "none") return [];
  return value.split(",").map((name) => {
    if (isFaultKind(name)) return name;
    throw new UsageError(`there is no fault ${name}; see --help`);
  });
}

function wrapped(words: readonly string[], indent: string): string {
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length > 75) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === "" ? `${indent}${word}` : `${line}, ${word}`;
  }
  return lines.join("\n");
}
