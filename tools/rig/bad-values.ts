import type { FieldForm, ValueForm } from "#contract/wire/form.ts";

/** A value that a field must not take, and what it is. */
export interface BadValue {
  kind: string;
  value: unknown;
}

/** A payload with one bad value in it, at any depth. */
export interface BadPayload extends BadValue {
  /** The field that has it. */
  field: FieldForm;
  /** Where it stands: `items[1].name`. */
  path: string;
  payload: Record<string, unknown>;
}

/** Absent: left out of the payload altogether. */
const missing = Symbol("missing");

const prototypeKeys = ["__proto__", "constructor", "prototype"];

/** Fields that no request has, for every door to refuse. */
export const unknownFields: BadValue[] = [...prototypeKeys, "roles", "userId2", "$typeName"].map(
  (key) => ({ kind: key, value: key }),
);

/**
 * A good payload with every bad value in the place of every field, of every item of a list
 * and, where the payload holds messages, of every field of theirs.
 */
export function badPayloads(fields: readonly FieldForm[], payload: object): BadPayload[] {
  return fields.flatMap((field) => {
    const { name, value, isList } = field;
    const good: unknown = Reflect.get(payload, name);
    const put = (bad: BadValue, path: string): BadPayload => {
      return { ...bad, field, path, payload: withField(payload, name, bad.value) };
    };
    const whole = (isList ? badLists : badValues(value)).map((bad) => put(bad, name));
    const [first] = Array.isArray(good) ? good : [];
    const items = isList
      ? [...badValues(value), { kind: "null item", value: null }]
          .filter(({ kind }) => kind !== "null" && kind !== "missing")
          .map((bad) => put({ ...bad, value: [first ?? sampleOf(value), bad.value] }, `${name}[1]`))
      : [];
    const inner = isList ? first : good;
    const nested =
      value.kind === "message" && isObject(inner)
        ? badPayloads(value.form.fields, inner).map((bad) => ({
            ...bad,
            path: `${name}${isList ? "[0]" : ""}.${bad.path}`,
            payload: withField(payload, name, isList ? [bad.payload] : bad.payload),
          }))
        : [];
    return [...whole, ...items, ...nested];
  });
}

const absent: BadValue[] = [
  { kind: "missing", value: missing },
  { kind: "null", value: null },
];

const badLists: BadValue[] = [
  { kind: "object", value: { a: 1 } },
  { kind: "empty", value: "" },
  { kind: "operator", value: { $ne: null } },
  { kind: "wrong type", value: "five" },
  { kind: "boolean", value: true },
];

/** Every kind of bad value that a value of a request can be sent. */
function badValues(form: ValueForm): BadValue[] {
  const always: BadValue[] = [
    ...absent,
    { kind: "object", value: { a: 1 } },
    { kind: "array", value: ["a"] },
    { kind: "empty", value: "" },
    { kind: "operator", value: { $ne: null } },
    { kind: "wrong type", value: form.kind === "string" ? 5 : "five" },
  ];
  switch (form.kind) {
    case "string":
      always.push(
        { kind: "boolean", value: true },
        { kind: "too long", value: "x".repeat(5_000) },
        { kind: "NUL", value: "a\0b" },
        { kind: "lone surrogate", value: "a\ud800b" },
        { kind: "prototype key", value: "__proto__" },
        { kind: "injection", value: "x'; drop table auth.users; --" },
      );
      break;
    case "boolean":
      always.push({ kind: "number", value: 1 });
      break;
    case "integer":
      always.push(
        { kind: "boolean", value: true },
        { kind: "fraction", value: 1.5 },
        { kind: "too small", value: form.minimum - 1 },
        { kind: "too large", value: form.maximum + 1 },
      );
      break;
    case "object":
      always.push(
        { kind: "boolean", value: true },
        { kind: "too long", value: { a: "x".repeat(5_000) } },
        { kind: "NUL", value: { a: "a\0b" } },
        { kind: "lone surrogate", value: { "a\ud800": 1 } },
        { kind: "too deep", value: nestedObject(9) },
        ...prototypeKeys.map((key) => ({
          kind: `key ${key}`,
          value: JSON.parse(`{"a":{"${key}":{"x":1}}}`),
        })),
      );
      break;
    case "time":
      always.push(
        { kind: "boolean", value: true },
        { kind: "no such day", value: "2023-13-45T00:00:00.000Z" },
        { kind: "30 February", value: "2023-02-30T00:00:00.000Z" },
        { kind: "a day", value: "2023-10-27" },
      );
      break;
    default:
      always.push({ kind: "boolean", value: true });
  }
  return always;
}

/** Whether a field may be left out or be null. */
export function mayMiss({ unset, isList, isRequired, value }: FieldForm): boolean {
  return unset === "null" || isList || (value.kind !== "string" && !isRequired);
}

function sampleOf(form: ValueForm): unknown {
  switch (form.kind) {
    case "string":
      return "x";
    case "enum":
      return form.accepted[0];
    case "boolean":
      return true;
    case "integer":
    case "number":
      return 1;
    case "time":
      return "2023-10-27T10:00:00.000Z";
    default:
      return {};
  }
}

/** A payload with one field replaced. */
function withField(payload: object, name: string, value: unknown): Record<string, unknown> {
  const entries = Object.entries(payload).filter(([key]) => key !== name);
  return Object.fromEntries(value === missing ? entries : [...entries, [name, value]]);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function nestedObject(depth: number): unknown {
  return depth === 0 ? 1 : { a: nestedObject(depth - 1) };
}
