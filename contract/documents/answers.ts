import type { JsonObject } from "@bufbuild/protobuf";
import {
  ErrorReason,
  ErrorReasonSchema,
  ViolationSchema,
} from "#gen/aetherconnect/error/v1/error_pb.ts";
import { type ErrorCode, errorEntry } from "../errors.ts";
import { envelopeParts } from "../rest/envelope.ts";
import type { RestRoute } from "../rest/routes.ts";
import { type Comments, objectSchema, type SchemaBook } from "./json-schema.ts";

/** Come with every answer. */
export const commonHeaders: JsonObject = {
  "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
  "Contract-Version": { $ref: "#/components/headers/Contract-Version" },
};

/** The headers that answers refer to. */
export const headers: JsonObject = {
  "X-Request-Id": {
    description: "Names the request in the logs; taken over from the request if given.",
    schema: { type: "string", minLength: 1 },
  },
  "Contract-Version": {
    description: "The version of the contract that the server speaks.",
    schema: { type: "string", pattern: "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
  },
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } },
};

/** The answers of success, by status. */
export function successAnswers(
  book: SchemaBook,
  { method, rest: option }: RestRoute,
): Record<string, JsonObject> {
  const parts = envelopeParts(method, option);
  const texts = [option.message, option.emptyMessage].filter(Boolean);
  // The same for both statuses: generated clients read each success by the schema of the first.
  const schema = objectSchema({
    properties: {
      success: { const: true },
      ...(texts.length === 1 && { message: { const: option.message } }),
      ...(texts.length > 1 && {
        message: { enum: texts, description: "The second where nothing is listed." },
      }),
      ...Object.fromEntries(parts.map(({ name, field }) => [name, book.outField(field)])),
    },
    required: [
      "success",
      ...(texts.length > 0 ? ["message"] : []),
      ...parts.filter((it) => !it.optional).map((it) => it.name),
    ],
  });
  const { duplicateStatus } = option;
  const answer = (description: string): JsonObject => ({
    description,
    headers: {
      ...commonHeaders,
      ...(option.noStore && {
        "Cache-Control": { description: "Not to be kept.", schema: { const: "no-store" } },
      }),
    },
    content: { "application/json": { schema } },
  });
  return {
    [option.status || 200]: answer("Success."),
    ...(duplicateStatus && { [duplicateStatus]: answer("A repeat: nothing new.") }),
  };
}

/** The answers of failures, by status: the one error shape, with exactly these codes. */
export function failureAnswers(
  book: SchemaBook,
  comments: Comments,
  failures: Iterable<ErrorCode>,
): Record<string, JsonObject> {
  const byStatus = Map.groupBy(failures, (code) => errorEntry(code).status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      failureAnswer(status, codes, addFailure(book, comments, status, codes)),
    ]),
  );
}

function failureAnswer(status: number, codes: ErrorCode[], schema: JsonObject): JsonObject {
  const canTryAgain = status === 429 || status === 503;
  return {
    description: `${codes.join(", ")}.`,
    headers: {
      ...commonHeaders,
      ...(canTryAgain && { "Retry-After": { $ref: "#/components/headers/Retry-After" } }),
    },
    content: { "application/json": { schema } },
  };
}

/** Routes that fail with the same codes share a schema, named by them. */
function addFailure(
  book: SchemaBook,
  comments: Comments,
  status: number,
  codes: ErrorCode[],
): JsonObject {
  const properties = {
    success: { const: false },
    statusCode: { const: status, description: "The HTTP status." },
    message: {
      enum: [...new Set(codes.map((code) => errorEntry(code).message))],
      description: "What went wrong, in words.",
    },
    code: { type: "string", enum: codes },
    requestId: { type: "string", description: "As in X-Request-Id." },
    details: violations(book),
  };
  const required = ["success", "statusCode", "message", "code", "requestId"];
  return book.add(
    `Error${status}${codes.map(pascalCase).join("")}`,
    objectSchema({ properties, required }, describeCodes(comments, codes)),
  );
}

/** The broken rules that a failed validation names. */
export function violations(book: SchemaBook): JsonObject {
  return {
    type: "array",
    description: "On failed validation, each broken rule.",
    items: book.outRef(ViolationSchema),
  };
}

/** Codes and what they mean, a line each. */
export function describeCodes(comments: Comments, codes: Iterable<ErrorCode>): string {
  return [...codes]
    .map((code) => {
      const value = ErrorReasonSchema.value[ErrorReason[code]];
      const comment = value && comments[`${ErrorReasonSchema.typeName}.${value.name}`];
      return `${code}: ${comment ?? `${errorEntry(code).message}.`}`;
    })
    .join("\n");
}

/** `ROOM_NOT_FOUND` as `RoomNotFound`. */
function pascalCase(code: ErrorCode): string {
  return code.replaceAll(/([A-Z])([A-Z]*)_?/g, (_all, first: string, rest: string) => {
    return first + rest.toLowerCase();
  });
}
