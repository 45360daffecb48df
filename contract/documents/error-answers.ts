import type { JsonObject } from "@bufbuild/protobuf";
import { ViolationSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { allErrorCodes, type ErrorCode, errorEntry } from "../errors.ts";
import { requestIdHeader } from "./headers.ts";
import { objectSchema, type SchemaBook } from "./json-schema.ts";

/** Statuses of the error catalogue, in order. */
export const errorStatuses: readonly number[] = [
  ...new Set(allErrorCodes().map((code) => errorEntry(code).status)),
].sort((a, b) => a - b);

/** The answer of a status of the catalogue, in the one error shape. */
export type ErrorAnswers = (status: number) => JsonObject;

/** Adds the one error shape and, for each status, what it can say. */
export function createErrorAnswers(book: SchemaBook): ErrorAnswers {
  const body = book.add(
    "ErrorBody",
    objectSchema(
      {
        properties: {
          success: { const: false },
          statusCode: { type: "integer", description: "The HTTP status." },
          message: { type: "string", description: "What went wrong, in words." },
          code: { type: "string", enum: allErrorCodes() },
          requestId: { type: "string", description: "As in X-Request-Id." },
          details: {
            type: "array",
            description: "On failed validation, each broken rule.",
            items: book.outRef(ViolationSchema),
          },
        },
        required: ["success", "statusCode", "message", "code", "requestId"],
      },
      "The one shape of an error.",
    ),
  );
  const answers = new Map(
    errorStatuses.map((status) => [status, errorAnswer(status, addSchema(book, status, body))]),
  );
  return (status) => {
    const answer = answers.get(status);
    if (!answer) throw new Error(`the catalogue has no status ${status}`);
    return answer;
  };
}

function codesOf(status: number): ErrorCode[] {
  return allErrorCodes().filter((code) => errorEntry(code).status === status);
}

function addSchema(book: SchemaBook, status: number, body: JsonObject): JsonObject {
  const codes = codesOf(status);
  return book.add(`Error${status}`, {
    description: codes.map((code) => `${code}: ${errorEntry(code).message}.`).join(" "),
    allOf: [
      body,
      {
        properties: {
          statusCode: { const: status },
          code: { enum: codes },
          message: { enum: [...new Set(codes.map((code) => errorEntry(code).message))] },
        },
      },
    ],
  });
}

function errorAnswer(status: number, schema: JsonObject): JsonObject {
  const canTryAgain = status === 429 || status === 503;
  return {
    description: `${codesOf(status).join(", ")}.`,
    headers: {
      ...requestIdHeader,
      ...(canTryAgain && { "Retry-After": { $ref: "#/components/headers/Retry-After" } }),
    },
    content: { "application/json": { schema } },
  };
}
