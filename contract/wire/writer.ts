import {
  type DescField,
  type DescMessage,
  getOption,
  isMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { omit_if_unset } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { enumNames } from "./descriptors.ts";

/** Turns a message into the JSON of REST answers and socket frames. */
export type Writer<T> = (message: T) => JsonObject;

type AnyWriter = (message: Message & Record<string, unknown>) => JsonObject;
type ValueWriter = (value: unknown) => JsonValue;

const writers = new Map<DescMessage, AnyWriter>();

/**
 * Compiles the writer of a message type. It differs from proto3 JSON where the
 * specification does: absent fields are null (or left out, by option), enums are short
 * names, times always have milliseconds.
 */
export function writerOf<D extends DescMessage>(desc: D): Writer<MessageShape<D>> {
  return writerFor(desc);
}

function writerFor(desc: DescMessage): AnyWriter {
  const known = writers.get(desc);
  if (known) return known;
  let fields: { local: string; name: string; omit: boolean; write: ValueWriter }[] = [];
  const writer: AnyWriter = (message) => {
    const out: JsonObject = {};
    for (const { local, name, omit, write } of fields) {
      const value = message[local];
      if (value !== undefined && !(omit && Array.isArray(value) && value.length === 0)) {
        out[name] = write(value);
      } else if (!omit) {
        out[name] = null;
      }
    }
    return out;
  };
  writers.set(desc, writer);
  fields = desc.fields.map((field) => ({
    local: field.localName,
    name: field.jsonName,
    omit: getOption(field, omit_if_unset),
    write: valueWriter(field),
  }));
  return writer;
}

function valueWriter(field: DescField): ValueWriter {
  switch (field.fieldKind) {
    case "message":
      return messageWriter(field.message);
    case "enum": {
      const names = enumNames(field.enum);
      return (value) => (typeof value === "number" ? (names.get(value) ?? null) : null);
    }
    case "scalar":
      return scalarWriter(field.scalar, field);
    case "list": {
      const item =
        field.listKind === "message"
          ? messageWriter(field.message)
          : field.listKind === "scalar"
            ? scalarWriter(field.scalar, field)
            : unsupported(field);
      return (value) => (Array.isArray(value) ? value.map(item) : []);
    }
    case "map":
      return unsupported(field);
  }
}

function messageWriter(desc: DescMessage): ValueWriter {
  if (desc.typeName === "google.protobuf.Timestamp") {
    return (value) => (isMessage(value, TimestampSchema) ? isoTime(value) : null);
  }
  // protobuf-es keeps a Struct field as the plain object that it stands for.
  if (desc.typeName === "google.protobuf.Struct")
    return (value) => (isJsonObject(value) ? value : null);
  const write = writerFor(desc);
  return (value) => (isRecordMessage(value) ? write(value) : null);
}

function scalarWriter(type: ScalarType, field: DescField): ValueWriter {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BOOL:
    case ScalarType.UINT32:
    case ScalarType.INT32:
    case ScalarType.DOUBLE:
      return (value) =>
        typeof value === "string" || typeof value === "number" || typeof value === "boolean"
          ? value
          : null;
    default:
      return unsupported(field);
  }
}

let lastSecond = -1n;
let lastPrefix = "";

/** ISO 8601 in UTC with milliseconds. The part before them is kept for the second: it repeats. */
function isoTime({ seconds, nanos }: Timestamp): string {
  if (seconds !== lastSecond) {
    lastPrefix = new Date(Number(seconds) * 1000).toISOString().slice(0, 20);
    lastSecond = seconds;
  }
  return `${lastPrefix}${String(Math.floor(nanos / 1e6)).padStart(3, "0")}Z`;
}

function isRecordMessage(value: unknown): value is Message & Record<string, unknown> {
  return typeof value === "object" && value !== null && "$typeName" in value;
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unsupported(field: DescField): never {
  throw new Error(`${field.toString()}: this type has no wire form`);
}
