import type { DescEnum } from "@bufbuild/protobuf";
import { create, hasOption } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse_File,
} from "@bufbuild/protobuf/wkt";
import { createEcmaScriptPlugin } from "@bufbuild/protoplugin";
import { ErrorReasonSchema, entry } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { generateComments } from "./comments.ts";
import { generateContents } from "./contents.ts";
import { generateSocketEvents } from "./socket-events.ts";

const plugin = createEcmaScriptPlugin({
  name: "protoc-gen-aetherconnect",
  version: "v1",
  generateTs(schema) {
    generateSocketEvents(schema);
    generateComments(schema);
    generateContents(schema);
  },
});

/** Writes socket-events.ts, comments.ts and contents.ts. @throws Error where the contract is incomplete */
export function generateTypes(request: CodeGeneratorRequest): CodeGeneratorResponse_File[] {
  requireEntries(ErrorReasonSchema);
  const parameter = "target=ts,import_extension=ts";
  return plugin.run(create(CodeGeneratorRequestSchema, { ...request, parameter })).file;
}

/** A reason for failure needs a status and a text before any code can meet it. */
function requireEntries(reasons: DescEnum): void {
  const missing = reasons.values.filter((it) => it.number !== 0 && !hasOption(it, entry));
  if (missing.length > 0) {
    throw new Error(`without (entry): ${missing.map((it) => it.name).join(", ")}`);
  }
}
