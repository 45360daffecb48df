import type { DescMessage } from "@bufbuild/protobuf";
import { type ErrorCode, errorEntry } from "#contract/errors.ts";
import { type FieldForm, formOf, type ValueForm } from "#contract/wire/form.ts";
import { ErrorReason, ErrorReasonSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { comments } from "#gen/comments.ts";
import { bold, dim, table } from "./text.ts";

/** What the contract says of a field, in words. */
export type FieldText = {
  /** With those around it: `user.id`, `messages[].seq`. */
  name: string;
  type: string;
  isRequired: boolean;
  rules: string[];
  about: string;
};

/** What a failure means. */
export type FailureText = { code: string; status: number; message: string; about: string };

const deepest = 3;

const accessWords: ReadonlyMap<Access, string> = new Map([
  [Access.ANYONE, "anyone"],
  [Access.USER, "a signed-in user"],
  [Access.SERVICE, "a service"],
]);

export function accessText(access: Access): string {
  return accessWords.get(access) ?? "nobody";
}

export function aboutOf(typeName: string): string {
  return comments[typeName] ?? "";
}

/** The fields of a message, and of those within it. */
export function fieldsOf(
  message: DescMessage,
  direction: "in" | "out",
  prefix = "",
  around: readonly DescMessage[] = [],
): FieldText[] {
  return formOf(message).fields.flatMap((field) => {
    const name = prefix + field.name + (field.isList ? "[]" : "");
    const own: FieldText = {
      name,
      type: typeText(field, direction),
      isRequired: direction === "in" && field.isRequired,
      rules: direction === "in" ? rulesOf(field) : [],
      about: aboutOf(`${message.typeName}.${field.desc.name}`),
    };
    const { value } = field;
    if (value.kind !== "message") return [own];
    const inner = value.form.desc;
    const isOpened = around.length < deepest && inner !== message && !around.includes(inner);
    const within = isOpened ? fieldsOf(inner, direction, `${name}.`, [...around, message]) : [];
    return [own, ...within];
  });
}

export function failuresText(codes: Iterable<ErrorCode>): FailureText[] {
  return [...codes].map((code) => {
    const { status, message } = errorEntry(code);
    const value = ErrorReasonSchema.value[ErrorReason[code]];
    return {
      code,
      status,
      message,
      about: aboutOf(`${ErrorReasonSchema.typeName}.${value?.name}`),
    };
  });
}

export function fieldLines(title: string, fields: readonly FieldText[]): string {
  if (fields.length === 0) return `${bold(title)}: no fields\n`;
  const rows = fields.map(({ name, type, isRequired, rules, about }) => [
    `${name}${isRequired ? " *" : ""}`,
    type,
    [about, ...rules.map((rule) => dim(`(${rule})`))].filter(Boolean).join(" "),
  ]);
  return table([title, "type", ""], rows);
}

export function failureLines(failures: readonly FailureText[]): string {
  const rows = failures.map(({ code, status, about, message }) => [
    code,
    String(status),
    about || message,
  ]);
  return table(["fails with", "HTTP", ""], rows);
}

function typeText({ value, isList }: FieldForm, direction: "in" | "out"): string {
  return `${valueText(value, direction)}${isList ? " list" : ""}`;
}

function valueText(value: ValueForm, direction: "in" | "out"): string {
  switch (value.kind) {
    case "enum":
      return (direction === "in" ? value.accepted : [...value.names.values()]).join("|");
    case "message":
      return value.form.desc.name;
    case "object":
      return "JSON object";
    default:
      return value.kind;
  }
}

/** The rules of a field in words, which the contract has as keywords of JSON Schema. */
function rulesOf({ value, rules, isSecret }: FieldForm): string[] {
  const { keywords, listKeywords, notes } = rules;
  const { minLength, maxLength, minimum, maximum, pattern } = keywords;
  const limits = value.kind === "object" ? value.limits : undefined;
  return [
    ...range(minLength, maxLength, "characters"),
    ...range(minimum, maximum, ""),
    ...range(listKeywords.minItems, listKeywords.maxItems, "items"),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
    ...(limits ? [`at most ${limits.maxBytes} bytes, ${limits.maxDepth} levels`] : []),
    ...notes.filter(Boolean),
    ...(isSecret ? ["secret"] : []),
  ];
}

function range(least: unknown, most: unknown, unit: string): string[] {
  if (least === undefined && most === undefined) return [];
  const text =
    most === undefined
      ? `${least} or more`
      : least === undefined
        ? `at most ${most}`
        : `${least} to ${most}`;
  return [`${text} ${unit}`.trimEnd()];
}
