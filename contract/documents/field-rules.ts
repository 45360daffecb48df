import { type DescEnum, type DescField, getOption, type JsonObject } from "@bufbuild/protobuf";
import { field as fieldOption, Ignore } from "#gen/buf/validate/validate_pb.ts";
import { enumNames } from "../wire/descriptors.ts";

/** What the rules of a field say in JSON Schema. */
export interface FieldRules {
  keywords: JsonObject;
  /** Rules that JSON Schema has no keyword for, in words. */
  notes: string[];
  /** Whether a field that can't be unset has to be given: its zero value breaks a rule. */
  refusesZero: boolean;
}

/** Turns the protovalidate rules of a field into JSON Schema keywords (2020-12). */
export function fieldRules(field: DescField): FieldRules {
  const rules = getOption(field, fieldOption);
  const keywords: JsonObject = {};
  const notes: string[] = [];
  const patterns: string[] = [];
  let numbers = field.fieldKind === "enum" ? enumNumbers(field.enum) : [];

  switch (rules.type.case) {
    case "string": {
      const { minLen, maxLen, pattern } = rules.type.value;
      if (minLen !== undefined) keywords.minLength = Number(minLen);
      if (maxLen !== undefined) keywords.maxLength = Number(maxLen);
      if (pattern !== undefined) patterns.push(pattern);
      break;
    }
    case "uint32": {
      const { greaterThan, lessThan } = rules.type.value;
      if (greaterThan.case === "gte") keywords.minimum = greaterThan.value;
      if (greaterThan.case === "gt") keywords.minimum = greaterThan.value + 1;
      if (lessThan.case === "lte") keywords.maximum = lessThan.value;
      if (lessThan.case === "lt") keywords.maximum = lessThan.value - 1;
      break;
    }
    case "enum": {
      const { in: allowed, notIn } = rules.type.value;
      numbers = numbers.filter(
        (it) => (allowed.length === 0 || allowed.includes(it)) && !notIn.includes(it),
      );
      break;
    }
    case "repeated": {
      const { minItems, maxItems } = rules.type.value;
      if (minItems !== undefined) keywords.minItems = Number(minItems);
      if (maxItems !== undefined) keywords.maxItems = Number(maxItems);
      break;
    }
  }
  for (const { expression = "", message = "" } of rules.cel) {
    const pattern = matchesPattern(expression);
    const allowed = inNumbers(expression);
    if (pattern !== undefined) patterns.push(pattern);
    else if (allowed && field.fieldKind === "enum") {
      numbers = numbers.filter((it) => allowed.includes(it));
    } else notes.push(message);
  }
  const [first, ...more] = patterns.map(toEcmaScript);
  if (first !== undefined) keywords.pattern = first;
  if (more.length > 0) keywords.allOf = more.map((pattern) => ({ pattern }));
  if (field.fieldKind === "enum") keywords.enum = shortNames(field.enum, numbers);

  const zeroIsJudged = rules.ignore !== Ignore.IF_ZERO_VALUE && rules.ignore !== Ignore.ALWAYS;
  const refusesZero =
    Boolean(rules.required) ||
    (zeroIsJudged &&
      (isAtLeastOne(keywords.minLength) ||
        isAtLeastOne(keywords.minimum) ||
        isAtLeastOne(keywords.minItems) ||
        patterns.some((it) => !new RegExp(toEcmaScript(it), "u").test("")) ||
        (field.fieldKind === "enum" && !numbers.includes(0))));
  return { keywords, notes, refusesZero };
}

function enumNumbers(desc: DescEnum): number[] {
  return desc.values.map((value) => value.number);
}

function shortNames(desc: DescEnum, numbers: number[]): string[] {
  return [...enumNames(desc)]
    .filter(([number]) => numbers.includes(number))
    .map(([, name]) => name);
}

function isAtLeastOne(keyword: unknown): boolean {
  return typeof keyword === "number" && keyword >= 1;
}

/** The pattern of a CEL rule that is nothing but `this.matches('…')`. */
function matchesPattern(expression: string): string | undefined {
  const [, literal] = /^this\.matches\('((?:[^'\\]|\\.)*)'\)$/.exec(expression.trim()) ?? [];
  return literal?.replaceAll(/\\(.)/g, "$1");
}

/** The numbers of a CEL rule that is nothing but `this in […]`. */
function inNumbers(expression: string): number[] | undefined {
  const [, list] = /^this in \[([\d,\s-]+)\]$/.exec(expression.trim()) ?? [];
  return list?.split(",").map(Number);
}

/** RE2 writes `\pL` where ECMAScript writes `\p{L}`. */
function toEcmaScript(pattern: string): string {
  return pattern.replaceAll(/\\([pP])([A-Z])/g, "\\$1{$2}");
}
