import type { DescField, DescMethod, JsonObject } from "@bufbuild/protobuf";
import { getOption } from "@bufbuild/protobuf";
import { omit_if_unset, type Rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { objectSchema, type SchemaBook } from "./json-schema.ts";

/** A part of the answer: its name there, the path of its field, and whether it is always there. */
export interface EnvelopePart {
  name: string;
  path: string;
  field: DescField;
  optional: boolean;
}

/** What of a response stands in the REST envelope. */
export function envelopeParts(method: DescMethod, option: Rest): EnvelopePart[] {
  if (option.bare) return [];
  if (option.envelope.length === 0) {
    return method.output.fields.map((field) => ({
      name: field.jsonName,
      path: field.name,
      field,
      optional: getOption(field, omit_if_unset),
    }));
  }
  return option.envelope.map(({ field: path, name, optional }) => {
    const field = fieldAt(method, path);
    return { name: name || field.jsonName, path, field, optional };
  });
}

/** The answers of success, by status. */
export function successSchemas(
  book: SchemaBook,
  method: DescMethod,
  option: Rest,
): Record<string, JsonObject> {
  const parts = envelopeParts(method, option);
  const texts = [option.message, option.emptyMessage].filter(Boolean);
  const schema = (isDuplicate: boolean | undefined): JsonObject =>
    objectSchema({
      properties: {
        success: { const: true },
        ...(texts.length === 1 && { message: { const: option.message } }),
        ...(texts.length > 1 && {
          message: { enum: texts, description: "The second where nothing is listed." },
        }),
        ...Object.fromEntries(
          parts.map(({ name, field }) => [
            name,
            name === "duplicate" && isDuplicate !== undefined
              ? { ...book.outField(field), const: isDuplicate }
              : book.outField(field),
          ]),
        ),
      },
      required: [
        "success",
        ...(texts.length > 0 ? ["message"] : []),
        ...parts
          .filter((it) => !it.optional || (isDuplicate && it.name === "duplicate"))
          .map((it) => it.name),
      ],
    });
  const { duplicateStatus } = option;
  const status = option.status || 200;
  return {
    [status]: schema(duplicateStatus ? false : undefined),
    ...(duplicateStatus && { [duplicateStatus]: schema(true) }),
  };
}

function fieldAt(method: DescMethod, path: string): DescField {
  let message = method.output;
  let found: DescField | undefined;
  for (const name of path.split(".")) {
    found = message.fields.find((it) => it.name === name);
    if (!found) throw new Error(`${method.output.typeName} has no field ${path}`);
    if (found.message) message = found.message;
  }
  if (!found) throw new Error(`${method.output.typeName}: an envelope field without a path`);
  return found;
}
