import type { DescMethod, JsonObject } from "@bufbuild/protobuf";
import type { Rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { envelopeParts } from "../rest/envelope.ts";
import { objectSchema, type SchemaBook } from "./json-schema.ts";

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
