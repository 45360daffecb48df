import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { type ErrorReason, ErrorReasonSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import {
  AccessSchema,
  access as accessOption,
  fails as failsOption,
  type Rest,
  reasons as reasonsOption,
  rest as restOption,
} from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type EnvelopePart, envelopeParts } from "../rest/envelope.ts";
import { createDiff, type Diff, type Finding } from "./finding.ts";

/** Compares what the options of a service's methods promise. */
export function compareService(
  before: DescService,
  after: DescService,
  findings: Finding[],
  comparesFailures: boolean,
): void {
  for (const method of after.methods) {
    const diff = createDiff(`${after.typeName}.${method.name}`, findings);
    const old = before.methods.find((it) => it.name === method.name);
    if (!old) {
      diff.add("added", "method", method.name);
      continue;
    }
    // Letting more callers in breaks no client, but it breaks a promise to users.
    diff.value("access", accessName(old), accessName(method));
    diff.value("reasons", reasonsOf(old), reasonsOf(method));
    if (comparesFailures) {
      compareFailures(getOption(old, failsOption), getOption(method, failsOption), diff);
    }
    compareRest(old, method, diff);
  }
}

/**
 * Names failures that are new or gone. Neither breaks a client: all come in the one shape of
 * an error, whose codes clients must expect to grow, and one that never comes hurts nobody.
 */
export function compareFailures(
  before: readonly ErrorReason[],
  after: readonly ErrorReason[],
  diff: Diff,
): void {
  for (const reason of after) {
    if (!before.includes(reason)) diff.add("added", "failure", reasonName(reason));
  }
  for (const reason of before) {
    if (!after.includes(reason)) diff.add("changed", "failure", `${reasonName(reason)} → none`);
  }
}

function compareRest(before: DescMethod, after: DescMethod, diff: Diff): void {
  const now = getOption(after, restOption);
  if (!hasOption(before, restOption)) {
    if (hasOption(after, restOption)) diff.add("added", "route", routeOf(now) ?? "");
    return;
  }
  const old = getOption(before, restOption);
  diff.value("route", routeOf(old), routeOf(now));
  if (!hasOption(after, restOption)) return;
  diff.value("status", old.status || 200, now.status || 200);
  diff.value(
    "duplicate status",
    old.duplicateStatus || undefined,
    now.duplicateStatus || undefined,
  );
  diff.value("text", old.message, now.message);
  diff.value("empty text", old.emptyMessage || old.message, now.emptyMessage || now.message);
  diff.value("no_store", old.noStore, now.noStore, now.noStore ? "changed" : "breaking");
  diff.value("cookies", old.cookies, now.cookies, "changed");
  compareEnvelope(before, after, diff);
}

function compareEnvelope(before: DescMethod, after: DescMethod, diff: Diff): void {
  const parts = (method: DescMethod) => envelopeParts(method, getOption(method, restOption));
  const now = new Map(parts(after).map((it) => [it.name, it]));
  for (const old of parts(before)) {
    const part = now.get(old.name);
    now.delete(old.name);
    diff.value(`envelope ${old.name}`, pathOf(old), part && pathOf(part));
    if (part && part.optional !== old.optional) {
      const severity = part.optional ? "breaking" : "changed";
      const word = (isOptional: boolean) => (isOptional ? "optional" : "always");
      diff.value(`envelope ${old.name}`, word(old.optional), word(part.optional), severity);
    }
  }
  for (const name of now.keys()) diff.add("added", "envelope", name);
}

function pathOf({ path }: EnvelopePart): string {
  return path.map((field) => field.desc.name).join(".");
}

function accessName(method: DescMethod): string | undefined {
  return AccessSchema.value[getOption(method, accessOption)]?.localName;
}

function routeOf({ route }: Rest): string | undefined {
  return route.case && `${route.case.toUpperCase()} ${route.value}`;
}

function reasonsOf(method: DescMethod): string {
  return getOption(method, reasonsOption)
    .map(({ from, to }) => `${reasonName(from)} as ${reasonName(to)}`)
    .sort()
    .join(", ");
}

function reasonName(reason: ErrorReason): string {
  return ErrorReasonSchema.value[reason]?.localName ?? String(reason);
}
