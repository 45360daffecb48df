import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { AppError, type Fault } from "../errors.ts";
import { enumNames } from "./descriptors.ts";
import { isPlainObject, jsonFault } from "./json.ts";

/** Reads one JSON value into what a field holds, or says what is wrong with it. */
type ValueReader = (value: unknown) => { ok: unknown } | { fault: string };

interface FieldReader {
  field: DescField;
  read: ValueReader;
}

/** A body of unknown fields must not be answered by one many times its size. */
const maxFaults = 50;

const compiled = new WeakMap<DescMessage, Map<string, FieldReader>>();

/**
 * Reads JSON that a client sent, strictly: no unknown fields, no numbers in strings.
 * Null stands for absent. Collects every fault, so that `details` names them all.
 * @param given fields that are known already, by their JSON names
 * @throws AppError VALIDATION_FAILED
 */
export function readJson<D extends DescMessage>(
  desc: D,
  json: unknown,
  given: Readonly<Record<string, string>> = {},
): MessageShape<D> {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  const readers = readersOf(desc);
  for (const [name, value] of Object.entries(given)) {
    const reader = readers.get(name);
    if (reader) set(values, reader, value, faults);
  }
  if (!isPlainObject(json)) {
    throw new AppError("VALIDATION_FAILED", {
      faults: [{ path: "", message: "must be a JSON object" }],
    });
  }
  for (const name of Object.keys(json)) {
    const reader = Object.hasOwn(given, name) ? undefined : readers.get(name);
    const value = json[name];
    if (!reader)
      faults.push({ path: name.slice(0, 100), message: "is not a field of this request" });
    else if (value !== null && value !== undefined) set(values, reader, value, faults);
  }
  if (faults.length > 0) {
    throw new AppError("VALIDATION_FAILED", { faults: faults.slice(0, maxFaults) });
  }
  // Assigned to an empty message: create() with a value of the client's would take a
  // "$typeName" in it for a message that is ready.
  return Object.assign(create(desc), values);
}

/**
 * Reads a query string. Keys that are no fields are passed over, as caches and trackers add them.
 * @throws AppError VALIDATION_FAILED
 */
export function readQuery<D extends DescMessage>(
  desc: D,
  query: URLSearchParams,
  given: Readonly<Record<string, string>>,
): MessageShape<D> {
  const json: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [name, { field }] of readersOf(desc)) {
    const values = query.getAll(name);
    const [value] = values;
    if (value === undefined || Object.hasOwn(given, name)) continue;
    if (values.length > 1) faults.push({ path: name, message: "is given more than once" });
    const isNumber = field.fieldKind === "scalar" && field.scalar === ScalarType.UINT32;
    // A number in a query is digits; anything else is left for the reader to refuse.
    json[name] = isNumber && /^(0|[1-9]\d{0,9})$/.test(value) ? Number(value) : value;
  }
  if (faults.length > 0) throw new AppError("VALIDATION_FAILED", { faults });
  return readJson(desc, json, given);
}

function set(
  values: Record<string, unknown>,
  { field, read }: FieldReader,
  value: unknown,
  faults: Fault[],
): void {
  const result = read(value);
  if ("fault" in result) faults.push({ path: field.jsonName, message: result.fault });
  else values[field.localName] = result.ok;
}

function readersOf(desc: DescMessage): Map<string, FieldReader> {
  let readers = compiled.get(desc);
  if (!readers) {
    readers = new Map(
      desc.fields.map((field) => [field.jsonName, { field, read: valueReader(field) }]),
    );
    compiled.set(desc, readers);
  }
  return readers;
}

function valueReader(field: DescField): ValueReader {
  if (field.fieldKind === "enum") return enumReader(field.enum);
  if (field.fieldKind === "scalar") return scalarReader(field.scalar, field);
  if (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Struct") {
    return structReader;
  }
  throw new Error(`${field.toString()}: this type has no wire form in requests`);
}

function enumReader(desc: DescEnum): ValueReader {
  const numbers = new Map([...enumNames(desc)].map(([number, name]) => [name, number]));
  const fault = `must be one of ${[...numbers.keys()].join(", ")}`;
  return (value) => {
    const number = typeof value === "string" ? numbers.get(value) : undefined;
    return number === undefined ? { fault } : { ok: number };
  };
}

function scalarReader(type: ScalarType, field: DescField): ValueReader {
  switch (type) {
    case ScalarType.STRING:
      return (value) => (typeof value === "string" ? { ok: value } : { fault: "must be a string" });
    case ScalarType.BOOL:
      return (value) =>
        typeof value === "boolean" ? { ok: value } : { fault: "must be true or false" };
    case ScalarType.UINT32:
      return (value) =>
        typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
          ? { ok: value }
          : { fault: "must be a whole number" };
    default:
      throw new Error(`${field.toString()}: this type has no wire form in requests`);
  }
}

const structReader: ValueReader = (value) => {
  if (!isPlainObject(value)) return { fault: "must be an object" };
  const fault = jsonFault(value);
  return fault ? { fault } : { ok: value };
};
