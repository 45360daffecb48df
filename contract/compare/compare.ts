import {
  type AnyDesc,
  type DescEnum,
  type DescField,
  type DescMessage,
  type FileRegistry,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { entry } from "#gen/aetherconnect/error/v1/error_pb.ts";
import {
  AccessSchema,
  DirectionSchema,
  event as eventOption,
  fails as failsOption,
  json as jsonOption,
  omit_if_unset,
} from "#gen/aetherconnect/options/v1/options_pb.ts";
import { isRequired } from "../wire/rules.ts";
import { createDiff, type Diff, type Finding } from "./finding.ts";
import { compareFailures, compareService } from "./methods.ts";
import { compareRules, fieldRulesOf, messageRulesOf } from "./rules.ts";

/**
 * Compares what the options of two contracts promise. Names, types and removals are
 * left to `buf breaking`, which knows nothing of options.
 */
export function compareContracts(before: FileRegistry, after: FileRegistry): Finding[] {
  const findings: Finding[] = [];
  // A release from before failures were declared must not count as if it promised none.
  const comparesFailures = [...before].some(declaresFailures);
  for (const desc of before) {
    if (!desc.typeName.startsWith("aetherconnect.")) continue;
    if (desc.kind === "service") {
      const now = after.getService(desc.typeName);
      if (now) compareService(desc, now, findings, comparesFailures);
    }
    if (desc.kind === "message") {
      const now = after.getMessage(desc.typeName);
      if (now) compareMessage(desc, now, findings, comparesFailures);
    }
    if (desc.kind === "enum" && desc.typeName === "aetherconnect.error.v1.ErrorReason") {
      const now = after.getEnum(desc.typeName);
      if (now) compareErrors(desc, now, findings);
    }
  }
  for (const desc of after) {
    if (!desc.typeName.startsWith("aetherconnect.")) continue;
    if (desc.kind === "message" && !before.getMessage(desc.typeName)) {
      createDiff(desc.typeName, findings).add("added", "message", desc.name);
    }
    if (desc.kind === "service" && !before.getService(desc.typeName)) {
      createDiff(desc.typeName, findings).add("added", "service", desc.name);
    }
  }
  return findings;
}

function declaresFailures(desc: AnyDesc): boolean {
  if (desc.kind === "message") {
    const { fails, mustJoin } = getOption(desc, eventOption);
    return fails.length > 0 || mustJoin;
  }
  return (
    desc.kind === "service" && desc.methods.some((it) => getOption(it, failsOption).length > 0)
  );
}

function compareMessage(
  before: DescMessage,
  after: DescMessage,
  findings: Finding[],
  comparesFailures: boolean,
): void {
  const diff = createDiff(before.typeName, findings);
  compareEvent(before, after, diff, comparesFailures);
  const rules = new Map(messageRulesOf(after));
  for (const name of newRules(before, after)) {
    rules.delete(`cel ${name}`);
    rules.delete(`text of ${name}`);
    diff.add("added", "rule", name);
  }
  compareRules("rule", messageRulesOf(before), rules, diff);
  for (const field of after.fields) {
    const diffField = createDiff(`${after.typeName}.${field.name}`, findings);
    const old = before.fields.find((it) => it.number === field.number);
    if (old) compareField(old, field, diffField);
    else if (isRequired(field)) {
      diffField.add("breaking", "required field", "none → a field that has to be given");
    } else diffField.add("added", "field", field.name);
  }
}

/** The rules on a message that point at new fields: who doesn't send these breaks none of them. */
function newRules(before: DescMessage, after: DescMessage): string[] {
  const added = after.fields.filter(
    ({ number }) => !before.fields.some((it) => it.number === number),
  );
  const rules = messageRulesOf(after);
  return added.map((it) => it.jsonName).filter((name) => rules.has(`cel ${name}`));
}

function compareEvent(
  before: DescMessage,
  after: DescMessage,
  diff: Diff,
  comparesFailures: boolean,
): void {
  if (!hasOption(before, eventOption)) {
    if (hasOption(after, eventOption))
      diff.add("added", "event", getOption(after, eventOption).name);
    return;
  }
  const old = getOption(before, eventOption);
  if (!hasOption(after, eventOption)) {
    diff.add("breaking", "event", `${old.name} → none`);
    return;
  }
  const now = getOption(after, eventOption);
  diff.value("event name", old.name, now.name);
  diff.value(
    "event direction",
    DirectionSchema.value[old.direction]?.localName,
    DirectionSchema.value[now.direction]?.localName,
  );
  diff.value(
    "event access",
    AccessSchema.value[old.access]?.localName,
    AccessSchema.value[now.access]?.localName,
  );
  diff.value("event ack", old.ack, now.ack);
  if (comparesFailures) {
    compareFailures(old.fails, now.fails, diff);
    // Who needn't have joined so far would be refused.
    diff.value("must_join", old.mustJoin, now.mustJoin, now.mustJoin ? "breaking" : "changed");
  }
}

function compareField(before: DescField, after: DescField, diff: Diff): void {
  compareRules("limit", fieldRulesOf(before), fieldRulesOf(after), diff);
  // Absent is null without the option and no property with it: clients see either.
  diff.value("omit_if_unset", getOption(before, omit_if_unset), getOption(after, omit_if_unset));
  const limits = (field: DescField) => {
    const { maxBytes, maxDepth } = getOption(field, jsonOption);
    return hasOption(field, jsonOption) ? { max_bytes: maxBytes, max_depth: maxDepth } : {};
  };
  compareRules(
    "json limit",
    new Map(Object.entries(limits(before))),
    new Map(Object.entries(limits(after))),
    diff,
  );
}

/** Compares the catalogue of errors: status, RPC code and text of each reason. */
function compareErrors(before: DescEnum, after: DescEnum, findings: Finding[]): void {
  for (const value of after.values) {
    const diff = createDiff(`${after.typeName}.${value.name}`, findings);
    const old = before.values.find((it) => it.number === value.number);
    if (!old) {
      diff.add("added", "error", value.localName);
      continue;
    }
    const [was, is] = [getOption(old, entry), getOption(value, entry)];
    diff.value("error status", was.status, is.status);
    diff.value("error code", was.code, is.code);
    diff.value("error text", was.message, is.message);
  }
}
