import type { JsonObject } from "@bufbuild/protobuf";

/** Comes with every answer. */
export const requestIdHeader: JsonObject = {
  "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
};

/** The headers that answers refer to. */
export const headers: JsonObject = {
  "X-Request-Id": {
    description: "Names the request in the logs; taken over from the request if given.",
    schema: { type: "string", minLength: 1 },
  },
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } },
};
