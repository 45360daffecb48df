import {
  type DescMessage,
  isMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { formOf, type MessageForm, type ValueForm } from "./form.ts";

/** Turns a message into the JSON of REST answers and socket frames. */
export type Writer<T> = (message: T) => JsonObject;

type AnyWriter = (message: Message & Record<string, unknown>) => JsonObject;
type ValueWriter = (value: unknown) => JsonValue;

const writers = new WeakMap<MessageForm, AnyWriter>();

/** Compiles the writer of a message type. */
export function writerOf<D extends DescMessage>(desc: D): Writer<MessageShape<D>> {
  return writerFor(formOf(desc));
}

function writerFor(form: MessageForm): AnyWriter {
  const known = writers.get(form);
  if (known) return known;
  let fields: { local: string; name: string; omit: boolean; write: ValueWriter }[] = [];
  const writer: AnyWriter = (message) => {
    const out: JsonObject = {};
    for (const { local, name, omit, write } of fields) {
      const value = message[local];
      const isNothing = omit && Array.isArray(value) && value.length === 0;
      const json = value === undefined || isNothing ? null : write(value);
      if (json !== null || !omit) out[name] = json;
    }
    return out;
  };
  // In its place before it is complete: a message may contain itself.
  writers.set(form, writer);
  fields = form.fields.map(({ local, name, unset, isList, value }) => ({
    local,
    name,
    omit: unset === "nothing",
    write: isList ? listWriter(valueWriter(value)) : valueWriter(value),
  }));
  return writer;
}

function listWriter(write: ValueWriter): ValueWriter {
  return (value) => (Array.isArray(value) ? value.map(write) : []);
}

function valueWriter(form: ValueForm): ValueWriter {
  switch (form.kind) {
    case "string":
    case "boolean":
    case "integer":
    case "number":
      return (value) =>
        typeof value === "string" || typeof value === "number" || typeof value === "boolean"
          ? value
          : null;
    case "time":
      return (value) => (isMessage(value, TimestampSchema) ? isoTime(value) : null);
    case "object":
      return (value) => (isJsonObject(value) ? value : null);
    case "enum": {
      const { names } = form;
      return (value) => (typeof value === "number" ? (names.get(value) ?? null) : null);
    }
    case "message": {
      const write = writerFor(form.form);
      return (value) => (isRecordMessage(value) ? write(value) : null);
    }
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
