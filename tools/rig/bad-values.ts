import { type DescField, ScalarType } from "@bufbuild/protobuf";

/** A value that a field must not take, and what it is. */
export interface BadValue {
  kind: string;
  value: unknown;
}

/** Absent: left out of the payload altogether. */
export const missing = Symbol("missing");

const prototypeKeys = ["__proto__", "constructor", "prototype"];

/** Every kind of bad value that a field of a request can be sent. */
export function badValues(field: DescField): BadValue[] {
  const always: BadValue[] = [
    { kind: "missing", value: missing },
    { kind: "null", value: null },
    { kind: "object", value: { a: 1 } },
    { kind: "array", value: ["a"] },
    { kind: "empty", value: "" },
    { kind: "operator", value: { $ne: null } },
    { kind: "wrong type", value: isText(field) ? 5 : "five" },
    { kind: "boolean", value: true },
  ];
  if (isText(field)) {
    always.push(
      { kind: "too long", value: "x".repeat(5_000) },
      { kind: "NUL", value: "a\0b" },
      { kind: "lone surrogate", value: "a\ud800b" },
      { kind: "prototype key", value: "__proto__" },
      { kind: "injection", value: "x'; drop table auth.users; --" },
    );
  }
  if (field.fieldKind === "message") {
    always.push(
      { kind: "too long", value: { a: "x".repeat(5_000) } },
      { kind: "NUL", value: { a: "a\0b" } },
      { kind: "lone surrogate", value: { "a\ud800": 1 } },
      { kind: "too deep", value: nested(9) },
      ...prototypeKeys.map((key) => ({
        kind: `key ${key}`,
        value: JSON.parse(`{"a":{"${key}":{"x":1}}}`),
      })),
    );
  }
  return always;
}

/** Fields that no request has, for every door to refuse. */
export const unknownFields: BadValue[] = [...prototypeKeys, "roles", "userId2", "$typeName"].map(
  (key) => ({ kind: key, value: key }),
);

/** A payload with one field replaced. */
export function withField(payload: object, name: string, value: unknown): Record<string, unknown> {
  const entries = Object.entries(payload).filter(([key]) => key !== name);
  return Object.fromEntries(value === missing ? entries : [...entries, [name, value]]);
}

/** Whether a field may be left out or be null. */
export function mayMiss(field: DescField): boolean {
  return field.proto.proto3Optional || field.fieldKind === "enum" || field.fieldKind === "message";
}

function isText(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}
