import { type DescField, getOption, type JsonObject } from "@bufbuild/protobuf";
import { emoji } from "#gen/aetherconnect/options/v1/options_pb.ts";
import {
  field as fieldOption,
  Ignore,
  type FieldRules as Options,
} from "#gen/buf/validate/validate_pb.ts";
import { emojiRule } from "./emoji.ts";

/** The protovalidate rules of a field as JSON Schema (2020-12). */
export interface FieldRules {
  /** Keywords of the value, or of each item of a list. */
  keywords: JsonObject;
  /** Keywords of a list as a whole. */
  listKeywords: JsonObject;
  /** Of an enum: the numbers that pass. */
  enumNumbers: readonly number[];
  /** Rules that JSON Schema has no keyword for, in words. */
  notes: string[];
  /** Whether the zero value breaks a rule. */
  refusesZero: boolean;
}

export function fieldRules(field: DescField): FieldRules {
  const options = getOption(field, fieldOption);
  if (field.fieldKind !== "list") {
    const own = valueRules(field, options);
    const zeroIsJudged =
      options.ignore !== Ignore.IF_ZERO_VALUE && options.ignore !== Ignore.ALWAYS;
    const refusesZero = Boolean(options.required) || (zeroIsJudged && own.refusesZero);
    return { ...own, listKeywords: {}, refusesZero };
  }
  const lists = options.type.case === "repeated" ? options.type.value : undefined;
  const { keywords, enumNumbers, notes } = valueRules(field, lists?.items);
  const listKeywords: JsonObject = {};
  if (lists?.minItems !== undefined) listKeywords.minItems = Number(lists.minItems);
  if (lists?.maxItems !== undefined) listKeywords.maxItems = Number(lists.maxItems);
  return {
    keywords,
    listKeywords,
    enumNumbers,
    notes: [...notes, ...options.cel.map((rule) => rule.message ?? "")],
    refusesZero: Boolean(options.required) || isAtLeastOne(listKeywords.minItems),
  };
}

/** Whether a request is refused without the field. */
export function isRequired(field: DescField): boolean {
  const isOptional = field.proto.proto3Optional || field.oneof !== undefined;
  return !isOptional && fieldRules(field).refusesZero;
}

function valueRules(field: DescField, options: Options | undefined) {
  const keywords: JsonObject = {};
  const notes: string[] = [];
  const patterns: string[] = [];
  let enumNumbers = field.enum?.values.map((value) => value.number) ?? [];

  switch (options?.type.case) {
    case "string": {
      const { minLen, maxLen, pattern } = options.type.value;
      if (minLen !== undefined) keywords.minLength = Number(minLen);
      if (maxLen !== undefined) keywords.maxLength = Number(maxLen);
      if (pattern !== undefined) patterns.push(pattern);
      break;
    }
    case "uint32": {
      const { greaterThan, lessThan } = options.type.value;
      if (greaterThan.case === "gte") keywords.minimum = greaterThan.value;
      if (greaterThan.case === "gt") keywords.minimum = greaterThan.value + 1;
      if (lessThan.case === "lte") keywords.maximum = lessThan.value;
      if (lessThan.case === "lt") keywords.maximum = lessThan.value - 1;
      break;
    }
    case "enum": {
      const { in: allowed, notIn } = options.type.value;
      enumNumbers = enumNumbers.filter(
        (it) => (allowed.length === 0 || allowed.includes(it)) && !notIn.includes(it),
      );
      break;
    }
  }
  for (const { expression = "", message = "" } of options?.cel ?? []) {
    const pattern = matchesPattern(expression);
    const allowed = inNumbers(expression);
    if (pattern !== undefined) patterns.push(pattern);
    else if (allowed && field.enum) enumNumbers = enumNumbers.filter((it) => allowed.includes(it));
    else notes.push(message);
  }
  if (getOption(field, emoji)) notes.push(emojiRule);
  const [first, ...more] = patterns.map(toPortable);
  if (first !== undefined) keywords.pattern = first;
  if (more.length > 0) keywords.allOf = more.map((pattern) => ({ pattern }));
  const refusesZero =
    isAtLeastOne(keywords.minLength) ||
    isAtLeastOne(keywords.minimum) ||
    patterns.some((it) => !new RegExp(toEcmaScript(it), "u").test("")) ||
    (field.enum !== undefined && !enumNumbers.includes(0));
  return { keywords, enumNumbers, notes, refusesZero };
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

/**
 * As every language reads it that clients are generated in; Python's knows no `\p`. `\s` has all
 * of `\pZ`; of `\pC` the control characters are left, and the server refuses the others as well.
 */
function toPortable(pattern: string): string {
  return pattern.replaceAll("\\pC", "\\x00-\\x1f\\x7f-\\x9f").replaceAll("\\pZ", "");
}
