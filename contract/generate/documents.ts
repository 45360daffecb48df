import { create, createFileRegistry } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { asyncapi } from "../documents/asyncapi.ts";
import { openapi } from "../documents/openapi.ts";
import { accessTable } from "./access-table.ts";

/** The documents of a contract: file name → text. */
export function generateDocuments(request: CodeGeneratorRequest): Map<string, string> {
  const set = create(FileDescriptorSetSchema, { file: request.protoFile });
  const files = [...createFileRegistry(set).files].filter((file) =>
    request.fileToGenerate.includes(file.proto.name),
  );
  const services = files.flatMap((file) => file.services);
  const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
  return new Map([
    ["openapi.json", text(openapi(services))],
    ["asyncapi.json", text(asyncapi(files))],
    ["access.md", accessTable(services, files)],
  ]);
}
