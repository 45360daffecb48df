import type { DescField, DescMessage, JsonValue, Message } from "@bufbuild/protobuf";
import { writerOf } from "../wire/writer.ts";
import type { RestRoute } from "./routes.ts";

/** An answer of success: status and body. */
export interface Success {
  status: number;
  body: Record<string, JsonValue>;
}

/** Compiles how the response of a route becomes its answer. */
export function envelopeOf({ method, rest }: RestRoute): (response: Message) => Success {
  const write = writerOf(method.output);
  const list = method.output.fields.find((field) => field.fieldKind === "list");
  const picks = rest.envelope.map(({ field, name, optional }) => {
    const path = jsonPath(method.output, field.split("."));
    return { path, name: name || (path.at(-1) ?? ""), optional };
  });
  return (response) => {
    const json = write(response);
    const isEmpty = list !== undefined && isEmptyList(json[list.jsonName]);
    const message = isEmpty && rest.emptyMessage ? rest.emptyMessage : rest.message;
    const body: Record<string, JsonValue> = { success: true, ...(message && { message }) };
    if (picks.length > 0) {
      for (const { path, name, optional } of picks) {
        const value = valueAt(json, path);
        if (value !== null || !optional) body[name] = value;
      }
    } else if (!rest.bare) {
      Object.assign(body, json);
    }
    const isDuplicate = rest.duplicateStatus !== 0 && json.duplicate === true;
    return { status: isDuplicate ? rest.duplicateStatus : rest.status || 200, body };
  };
}

function jsonPath(desc: DescMessage, names: string[]): string[] {
  const [name, ...rest] = names;
  const field: DescField | undefined = desc.fields.find((it) => it.name === name);
  if (!field) throw new Error(`${desc.typeName} has no field ${name}`);
  if (rest.length === 0) return [field.jsonName];
  if (!field.message) throw new Error(`${desc.typeName}.${name} has no fields`);
  return [field.jsonName, ...jsonPath(field.message, rest)];
}

function valueAt(json: JsonValue, path: string[]): JsonValue {
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
