import type { JsonObject } from "@bufbuild/protobuf";
import { allErrorCodes, errorEntry } from "#common/errors.ts";
import { ViolationSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { requestIdHeader } from "./headers.ts";
import { objectSchema, type SchemaBook } from "./json-schema.ts";

/** Statuses of the error catalogue, in order. */
export const errorStatuses: readonly number[] = [
  ...new Set(allErrorCodes().map((code) => errorEntry(code).status)),
].sort((a, b) => a - b);

/** Adds the one error shape; answers a response per status of the catalogue, by name. */
export function errorResponses(book: SchemaBook): JsonObject {
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
  return Object.fromEntries(
    errorStatuses.map((status) => [errorResponseName(status), errorResponse(status, body)]),
  );
}

export function errorResponseName(status: number): string {
  return `Error${status}`;
}

function errorResponse(status: number, body: JsonObject): JsonObject {
  const codes = allErrorCodes().filter((code) => errorEntry(code).status === status);
  const texts = [...new Set(codes.map((code) => errorEntry(code).message))];
  const canTryAgain = status === 429 || status === 503;
  return {
    description: codes.map((code) => `${code}: ${errorEntry(code).message}`).join(". "),
    headers: {
      ...requestIdHeader,
      ...(canTryAgain && {
        "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } },
      }),
      ...(status === 405 && {
        Allow: { description: "The methods that this path has.", schema: { type: "string" } },
      }),
    },
    content: {
      "application/json": {
        schema: {
          allOf: [
            body,
            {
              properties: {
                statusCode: { const: status },
                code: { enum: codes },
                message: { enum: texts },
              },
            },
          ],
        },
      },
    },
  };
}
