import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { emoji, json, omit_if_unset, secret } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type FieldRules, fieldRules, isRequired } from "./rules.ts";

/**
 * How a message stands in the JSON of requests, answers and events. Reader, writer, JSON
 * Schema and generated types are made from this, and nothing else knows the form. It differs
 * from proto3 JSON where the specification does: what is unset is null (or left out, by
 * option), enums are short names, times always have milliseconds.
 */
export interface MessageForm {
  desc: DescMessage;
  fields: readonly FieldForm[];
}

export interface FieldForm {
  desc: DescField;
  /** The name in JSON. */
  name: string;
  /** The property of the message. */
  local: string;
  isList: boolean;
  /** Whether a zero value can be told from none. */
  hasPresence: boolean;
  /**
   * The value, or each item of a list. Found when it is first asked for, as a message may
   * contain itself. @throws Error for types without a wire form: maps, oneofs, 64 bits, bytes
   */
  readonly value: ValueForm;
  /** What the server sends for a field that is unset: a zero value, null, or no property. */
  unset: "zero" | "null" | "nothing";
  /** Whether a request is refused without it. Otherwise a client may leave it out or send null. */
  isRequired: boolean;
  /** What clients must keep to, beside the form. */
  rules: FieldRules;
  isSecret: boolean;
  /** Whether a text is an emoji. */
  isEmoji: boolean;
}

export type ValueForm =
  | { kind: "string" }
  | { kind: "boolean" }
  | { kind: "integer"; minimum: number; maximum: number }
  | { kind: "number" }
  /** ISO 8601 in UTC. */
  | { kind: "time" }
  /** A free-form JSON object. */
  | { kind: "object"; limits: JsonLimits | undefined }
  /** Names by number, and those that a client may send. The zero value has none: it is absence. */
  | { kind: "enum"; names: ReadonlyMap<number, string>; accepted: readonly string[] }
  | { kind: "message"; form: MessageForm };

/** Limits of a free-form JSON object: UTF-8 bytes of its compact text, and levels. */
export interface JsonLimits {
  maxBytes: number;
  maxDepth: number;
}

const forms = new WeakMap<DescMessage, MessageForm>();

export function formOf(desc: DescMessage): MessageForm {
  let form = forms.get(desc);
  if (!form) {
    form = { desc, fields: desc.fields.map(fieldForm) };
    forms.set(desc, form);
  }
  return form;
}

/** The limits that a field of free-form JSON declares. */
export function jsonLimitsOf(field: DescField): JsonLimits | undefined {
  const { maxBytes, maxDepth } = getOption(field, json);
  return maxBytes > 0 ? { maxBytes, maxDepth } : undefined;
}

function fieldForm(field: DescField): FieldForm {
  const rules = fieldRules(field);
  let value: ValueForm | undefined;
  return {
    desc: field,
    name: field.jsonName,
    local: field.localName,
    isList: field.fieldKind === "list",
    hasPresence: field.presence !== FeatureSet_FieldPresence.IMPLICIT,
    get value() {
      value ??= valueForm(field, rules) ?? unsupported(field);
      return value;
    },
    unset: getOption(field, omit_if_unset)
      ? "nothing"
      : field.proto.proto3Optional
        ? "null"
        : "zero",
    isRequired: isRequired(field),
    rules,
    isSecret: getOption(field, secret),
    isEmoji: getOption(field, emoji),
  };
}

/** Whether a message and all that it contains has a wire form. */
export function hasForm(desc: DescMessage, around: readonly DescMessage[] = []): boolean {
  return desc.fields.every((field) => {
    const value = valueForm(field, fieldRules(field));
    if (value?.kind !== "message") return value !== undefined;
    const inner = value.form.desc;
    return inner === desc || around.includes(inner) || hasForm(inner, [...around, desc]);
  });
}

function valueForm(field: DescField, rules: FieldRules): ValueForm | undefined {
  if (field.fieldKind === "map" || field.oneof) return undefined;
  if (field.enum) {
    const names = enumNames(field.enum);
    const isAccepted = (number: number) => rules.enumNumbers.includes(number);
    const accepted = [...names].filter(([number]) => isAccepted(number)).map(([, name]) => name);
    return { kind: "enum", names, accepted };
  }
  if (field.message) {
    const { typeName } = field.message;
    if (typeName === "google.protobuf.Timestamp") return { kind: "time" };
    // protobuf-es keeps a Struct field as the plain object that it stands for.
    if (typeName === "google.protobuf.Struct") {
      return { kind: "object", limits: jsonLimitsOf(field) };
    }
    return { kind: "message", form: formOf(field.message) };
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return { kind: "string" };
    case ScalarType.BOOL:
      return { kind: "boolean" };
    case ScalarType.UINT32:
      return { kind: "integer", minimum: 0, maximum: 0xffff_ffff };
    case ScalarType.INT32:
      return { kind: "integer", minimum: -0x8000_0000, maximum: 0x7fff_ffff };
    case ScalarType.DOUBLE:
      return { kind: "number" };
    default:
      return undefined;
  }
}

/** The names of an enum: its values without prefix, in lower case (`ROOM_TYPE_PUBLIC`: `public`). */
function enumNames(desc: DescEnum): Map<number, string> {
  return new Map(
    desc.values
      .filter((value) => value.number !== 0)
      .map((value) => [value.number, value.localName.toLowerCase()]),
  );
}

function unsupported(field: DescField): never {
  throw new Error(`${field.toString()}: this type has no wire form`);
}
