import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AppError, type Fault } from "../errors.ts";
import { toEmoji } from "./emoji.ts";
import { type FieldForm, formOf, type ValueForm } from "./form.ts";
import { isPlainObject, jsonFault, maxFaults, textFault } from "./json.ts";

/** Fields of a request that came otherwise than in its JSON: values by JSON name. */
export type Given = Readonly<Record<string, unknown>>;

/** Where a value stands: `items[2].name`, and how many messages are around it. */
interface Place {
  path: string;
  depth: number;
}

/** Reads a JSON value into what a field holds; adds a fault where that can't be. */
type ValueReader = (value: unknown, place: Place, faults: Fault[]) => unknown;

interface FieldReader {
  local: string;
  place: Place;
  read: ValueReader;
}

const maxNameLength = 100;
/** Messages within messages; protobuf's own decoders take 100. */
const maxDepth = 32;
const root: Place = { path: "", depth: 0 };
const nothingGiven: Given = {};

/**
 * Reads JSON that a client sent, strictly: no unknown fields, no numbers in strings.
 * Null stands for absent. Collects every fault, so that `details` names them all.
 * @throws AppError VALIDATION_FAILED
 */
export function readJson<D extends DescMessage>(
  desc: D,
  json: unknown,
  given: Given = nothingGiven,
): MessageShape<D> {
  const faults: Fault[] = [];
  const message = readMessage(desc, json, given, root, faults);
  if (faults.length > 0) {
    throw new AppError("VALIDATION_FAILED", { faults: faults.slice(0, maxFaults) });
  }
  return message;
}

/**
 * Reads a query string; a key that is repeated makes a list. Keys that are no fields are
 * passed over, as caches and trackers add them.
 * @throws AppError VALIDATION_FAILED
 */
export function readQuery<D extends DescMessage>(
  desc: D,
  query: URLSearchParams,
  given: Given,
): MessageShape<D> {
  const json: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const { name, value, isList } of formOf(desc).fields) {
    const texts = query.getAll(name);
    const [text] = texts;
    if (text === undefined || Object.hasOwn(given, name)) continue;
    if (isList) json[name] = texts.map((it) => textToJson(value, it));
    else json[name] = textToJson(value, text);
    if (!isList && texts.length > 1)
      faults.push({ path: name, message: "is given more than once" });
  }
  if (faults.length > 0) throw new AppError("VALIDATION_FAILED", { faults });
  return readJson(desc, json, given);
}

/** What no item is called, and the number that none has: rules of fields take both. */
export const noId = "-";
const maxIdLength = 64;

/**
 * Reads the parts of a path. What can't be a field's value is taken for one that doesn't
 * exist, so that the handler answers with what it says of those, in its order: for text `-`,
 * for a number (items count from 1) the last there is.
 */
export function readPath(
  fields: readonly FieldForm[],
  texts: Readonly<Record<string, string | string[] | undefined>>,
): Given {
  const given: Record<string, unknown> = {};
  for (const field of fields) {
    const text = texts[field.name];
    given[field.name] = readPathPart(field, typeof text === "string" ? text : "");
  }
  return given;
}

function readPathPart({ value, isEmoji }: FieldForm, text: string): string | number {
  if (value.kind === "integer") {
    return /^[1-9]\d*$/.test(text) ? Math.min(Number(text), value.maximum) : value.maximum;
  }
  if (isEmoji) return toEmoji(text) ?? noId;
  const isShort = text.length > 0 && text.length <= maxIdLength;
  return isShort && !textFault(text) && !/[\p{Cc}\p{Z}]/u.test(text) ? text : noId;
}

/** A number in a query is digits; what isn't of its type is left for the reader to refuse. */
function textToJson(value: ValueForm, text: string): unknown {
  switch (value.kind) {
    case "integer":
      return /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : text;
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      return text;
  }
}

const compiled = new WeakMap<DescMessage, ReadonlyMap<string, FieldReader>>();

function readersOf(desc: DescMessage): ReadonlyMap<string, FieldReader> {
  let readers = compiled.get(desc);
  if (!readers) {
    readers = new Map(
      formOf(desc).fields.map(({ name, local, value, isList }) => {
        const read = isList ? listReader(valueReader(value)) : valueReader(value);
        return [name, { local, place: { path: name, depth: 0 }, read }];
      }),
    );
    compiled.set(desc, readers);
  }
  return readers;
}

function readMessage<D extends DescMessage>(
  desc: D,
  json: unknown,
  given: Given,
  { path, depth }: Place,
  faults: Fault[],
): MessageShape<D> {
  const message = create(desc);
  if (!isPlainObject(json)) {
    faults.push({ path, message: path ? "must be an object" : "must be a JSON object" });
    return message;
  }
  const values: Record<string, unknown> = {};
  const readers = readersOf(desc);
  for (const name of Object.keys(given)) {
    const reader = readers.get(name);
    if (reader) values[reader.local] = given[name];
  }
  for (const name of Object.keys(json)) {
    const reader = Object.hasOwn(given, name) ? undefined : readers.get(name);
    const value = json[name];
    if (!reader) {
      const place = within(path, name.slice(0, maxNameLength));
      faults.push({ path: place, message: "is not a field of this request" });
    } else if (value !== null && value !== undefined) {
      const place = path ? { path: within(path, name), depth } : reader.place;
      values[reader.local] = reader.read(value, place, faults);
    }
  }
  // Assigned to an empty message: create() with a value of the client's would take a
  // "$typeName" in it for a message that is ready.
  return Object.assign(message, values);
}

function within(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function listReader(readItem: ValueReader): ValueReader {
  return (list, { path, depth }, faults) => {
    if (!Array.isArray(list)) return refuse(faults, path, "must be a list");
    return list.map((item: unknown, i) => readItem(item, { path: `${path}[${i}]`, depth }, faults));
  };
}

function valueReader(form: ValueForm): ValueReader {
  switch (form.kind) {
    case "string":
      return (value, { path }, faults) =>
        typeof value === "string" ? value : refuse(faults, path, "must be a string");
    case "boolean":
      return (value, { path }, faults) =>
        typeof value === "boolean" ? value : refuse(faults, path, "must be true or false");
    case "integer": {
      const { minimum, maximum } = form;
      return (value, { path }, faults) =>
        typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
          ? value
          : refuse(faults, path, "must be a whole number");
    }
    case "number":
      return (value, { path }, faults) =>
        typeof value === "number" && Number.isFinite(value)
          ? value
          : refuse(faults, path, "must be a number");
    case "time":
      return (value, { path }, faults) => {
        const time = typeof value === "string" ? parseTime(value) : NaN;
        return Number.isNaN(time)
          ? refuse(faults, path, "must be a time such as 2023-10-27T10:00:00.000Z")
          : timestampFromMs(time);
      };
    case "object":
      return (value, { path }, faults) => {
        const fault = isPlainObject(value) ? jsonFault(value) : "must be an object";
        return fault ? refuse(faults, path, fault) : value;
      };
    case "enum": {
      const numbers = new Map([...form.names].map(([number, name]) => [name, number]));
      const fault = `must be one of ${form.accepted.join(", ")}`;
      return (value, { path }, faults) =>
        (typeof value === "string" ? numbers.get(value) : undefined) ?? refuse(faults, path, fault);
    }
    case "message": {
      const { desc } = form.form;
      return (value, { path, depth }, faults): Message | undefined =>
        depth < maxDepth
          ? readMessage(desc, value, nothingGiven, { path, depth: depth + 1 }, faults)
          : refuse(faults, path, "is nested too deeply");
    }
  }
}

const isoTime = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds, or NaN. Date.parse alone takes 30 February for 2 March. */
function parseTime(text: string): number {
  const [, day] = isoTime.exec(text) ?? [];
  const midnight = day === undefined ? NaN : Date.parse(day);
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day ?? "");
  return isDay ? Date.parse(text) : NaN;
}

function refuse(faults: Fault[], path: string, message: string): undefined {
  faults.push({ path, message });
}
