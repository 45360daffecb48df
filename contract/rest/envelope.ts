import {
  type DescMethod,
  fromBinary,
  type JsonObject,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import type { Rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type FieldForm, formOf } from "../wire/form.ts";
import { findField, rewriterOf } from "../wire/rewriter.ts";
import { writerOf } from "../wire/writer.ts";
import type { RestRoute } from "./routes.ts";

/** A part of the answer. */
export interface EnvelopePart {
  /** Its name there. */
  name: string;
  /** The fields that lead to it, from the response on. */
  path: readonly FieldForm[];
  field: FieldForm;
  /** Whether it is there only in some answers. */
  optional: boolean;
}

/** What of a response stands in the REST envelope. @throws Error for a path that leads nowhere */
export function envelopeParts(method: DescMethod, option: Rest): EnvelopePart[] {
  if (option.bare) return [];
  if (option.envelope.length > 0) {
    return option.envelope.map(({ field: text, name, optional }) => {
      const path = fieldsAt(method, text.split("."));
      const field = path.at(-1);
      if (!field) throw new Error(`${method.name}: an envelope field without a path`);
      return { name: name || field.name, path, field, optional };
    });
  }
  return formOf(method.output).fields.map((field) => {
    return { name: field.name, path: [field], field, optional: field.unset === "nothing" };
  });
}

/** An answer of success: status and body. */
export interface Success<Body> {
  status: number;
  body: Body;
}

/** Compiles how the response of a route, as it came over the wire, becomes its answer. */
export function answerOf(route: RestRoute): (response: Uint8Array) => Success<Uint8Array> {
  const { method, rest } = route;
  const rewrite = rewriterOf(method.output, envelopeParts(method, rest));
  const envelope = envelopeOf(route);
  const { list, duplicate } = telling(method);
  const usual = headOf(rest.message);
  const empty = list && rest.emptyMessage ? headOf(rest.emptyMessage) : usual;
  const statusOf = (response: Uint8Array) => {
    if (!duplicate || rest.duplicateStatus === 0) return rest.status || 200;
    const at = findField(response, duplicate);
    return at !== undefined && response[at] === 1 ? rest.duplicateStatus : rest.status || 200;
  };
  return (response) => {
    const isEmpty = empty !== usual && list && findField(response, list) === undefined;
    const body = rewrite?.(response, isEmpty ? empty : usual);
    if (body) return { status: statusOf(response), body };
    const { status, body: json } = envelope(fromBinary(method.output, response));
    return { status, body: Buffer.from(JSON.stringify(json)) };
  };
}

/** What the compiled answer is held against, and left to where it has no way. */
export function envelopeOf({
  method,
  rest,
}: RestRoute): (response: Message) => Success<JsonObject> {
  const write = writerOf(method.output);
  const { list, duplicate } = telling(method);
  const parts = envelopeParts(method, rest).map(({ name, path, optional }) => {
    return { name, path: path.map((field) => field.name), optional };
  });
  return (response) => {
    const json = write(response);
    const isEmpty = list !== undefined && isEmptyList(json[list.name]);
    const message = isEmpty && rest.emptyMessage ? rest.emptyMessage : rest.message;
    const body: JsonObject = beginningOf(message);
    for (const { name, path, optional } of parts) {
      const value = valueAt(json, path);
      if (value !== null || !optional) body[name] = value;
    }
    const isDuplicate = rest.duplicateStatus !== 0 && duplicate && json[duplicate.name] === true;
    return { status: isDuplicate ? rest.duplicateStatus : rest.status || 200, body };
  };
}

/** The fields of a response that text and status of its answer depend on. */
function telling({ output }: DescMethod) {
  const { fields } = formOf(output);
  return {
    list: fields.find((field) => field.isList && field.unset !== "nothing"),
    duplicate: fields.find(({ name, value }) => name === "duplicate" && value.kind === "boolean"),
  };
}

function beginningOf(message: string): JsonObject {
  return { success: true, ...(message && { message }) };
}

function headOf(message: string): Buffer {
  return Buffer.from(JSON.stringify(beginningOf(message)).slice(0, -1));
}

function fieldsAt({ output }: DescMethod, names: readonly string[]): FieldForm[] {
  let form = formOf(output);
  return names.map((name, i) => {
    const field = form.fields.find((it) => it.desc.name === name);
    if (!field) throw new Error(`${form.desc.typeName} has no field ${name}`);
    if (i < names.length - 1) {
      if (field.value.kind !== "message" || field.isList) {
        throw new Error(`${form.desc.typeName}.${name} has no fields`);
      }
      ({ form } = field.value);
    }
    return field;
  });
}

function valueAt(json: JsonValue, path: readonly string[]): JsonValue {
  let value = json;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    value = value[name] ?? null;
  }
  return value;
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}
