import {
  type DescField,
  type DescMessage,
  getOption,
  type JsonObject,
  toJson,
} from "@bufbuild/protobuf";
import {
  type FieldRules,
  FieldRulesSchema,
  field as fieldOption,
  message as messageOption,
  type Rule,
} from "#gen/buf/validate/validate_pb.ts";
import type { Diff } from "./finding.ts";

/** Rules by name, such as `max_len`; a CEL rule is `cel <id>`, its expression the value. */
export type Rules = ReadonlyMap<string, unknown>;

const upperBounds = new Set(["max_len", "max_items", "lt", "lte", "max_bytes", "max_depth"]);
const lowerBounds = new Set(["min_len", "min_items", "gt", "gte"]);

export function messageRulesOf(message: DescMessage): Rules {
  return new Map(celRules(getOption(message, messageOption).cel));
}

export function fieldRulesOf(field: DescField): Rules {
  return rulesIn(getOption(field, fieldOption));
}

function rulesIn(options: FieldRules): Rules {
  const rules = new Map<string, unknown>(celRules(options.cel));
  if (options.required) rules.set("required", true);
  if (options.ignore !== undefined) rules.set("ignore", options.ignore);
  const json = toJson(FieldRulesSchema, options, { useProtoFieldName: true });
  const kind = options.type.case;
  const own = kind && isObject(json) ? json[kind] : undefined;
  for (const [name, value] of Object.entries(isObject(own) ? own : {})) {
    // 64-bit numbers are strings in JSON.
    const isBound = upperBounds.has(name) || lowerBounds.has(name);
    if (name !== "items") rules.set(name, isBound ? Number(value) : value);
  }
  if (options.type.case === "repeated" && options.type.value.items) {
    for (const [name, value] of rulesIn(options.type.value.items))
      rules.set(`items ${name}`, value);
  }
  return rules;
}

function* celRules(rules: readonly Rule[]): Iterable<[string, unknown]> {
  for (const { id, expression, message } of rules) {
    yield [`cel ${id}`, expression];
    yield [`text of ${id}`, message];
  }
}

/**
 * A rule that refuses what was taken breaks clients. One that takes more does not, but
 * nobody may send more before the release, so it is reported. What can't be judged
 * (patterns, CEL) counts as breaking.
 */
export function compareRules(what: string, before: Rules, after: Rules, diff: Diff): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(name), after.get(name)];
    if (JSON.stringify(old) === JSON.stringify(now)) continue;
    const isTaken = isLooser(name.split(" ").at(-1) ?? "", name, old, now);
    diff.value(`${what} ${name}`, old, now, isTaken ? "changed" : "breaking");
  }
}

function isLooser(bound: string, name: string, old: unknown, now: unknown): boolean {
  if (name.startsWith("text of ")) return true;
  if (now === undefined) return name !== "ignore";
  if (old === undefined) return false;
  if (typeof old === "number" && typeof now === "number") {
    if (upperBounds.has(bound)) return now > old;
    if (lowerBounds.has(bound)) return now < old;
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    if (bound === "in") return old.every((it) => now.includes(it));
    if (bound === "not_in") return now.every((it) => old.includes(it));
  }
  return now === false;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
