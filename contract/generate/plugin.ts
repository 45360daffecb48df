/**
 * The one plugin of `buf generate`: writes all of gen/, or clients/sdk/src/gen. It makes the stubs with
 * protoc-gen-es and hands them to this process as #gen/…, so that what derives the rest
 * from the contract reads it as every service does, and needs no gen/ on disk.
 */
import { registerHooks } from "node:module";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_FileSchema,
  CodeGeneratorResponseSchema,
} from "@bufbuild/protobuf/wkt";
import { protocGenEs } from "@bufbuild/protoc-gen-es/dist/cjs/src/protoc-gen-es-plugin.js";
import { ROOT } from "../root.ts";

const folder = pathToFileURL(`${ROOT}/gen/`).href;
/** Asks for what the client package is typed by, in the place of gen/. */
const clientParameter = ",for=client";
/** What is generated so far: name within gen/ → text. */
const files = new Map<string, string>();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOfGen = specifier.startsWith(".") && context.parentURL?.startsWith(folder);
    const url = isOfGen
      ? new URL(specifier, context.parentURL).href
      : specifier.replace(/^#gen\//, folder);
    if (!url.startsWith(folder)) return nextResolve(specifier, context);
    return { url, format: "module-typescript", shortCircuit: true };
  },
  load(url, context, nextLoad) {
    if (!url.startsWith(folder)) return nextLoad(url, context);
    const source = files.get(url.slice(folder.length));
    if (source === undefined) throw new Error(`proto/ does not give ${url.slice(folder.length)}`);
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

try {
  const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
  const isForClient = request.parameter.includes(clientParameter);
  request.parameter = request.parameter.replace(clientParameter, "");
  const stubs = protocGenEs.run(request);
  for (const { name, content } of stubs.file) files.set(name, content);
  const { generateTypes } = await import("./types.ts");
  for (const { name, content } of generateTypes(request)) files.set(name, content);
  if (isForClient) {
    const { generateClient } = await import("./client.ts");
    files.clear();
    for (const { name, content } of generateClient(request)) files.set(name, content);
  } else {
    const { generateDocuments } = await import("./documents.ts");
    for (const [name, content] of generateDocuments(request)) files.set(name, content);
  }
  const file = [...files].map(([name, content]) =>
    create(CodeGeneratorResponse_FileSchema, { name, content }),
  );
  const { supportedFeatures, minimumEdition, maximumEdition } = stubs;
  process.stdout.write(
    toBinary(
      CodeGeneratorResponseSchema,
      create(CodeGeneratorResponseSchema, {
        supportedFeatures,
        minimumEdition,
        maximumEdition,
        file,
      }),
    ),
  );
} catch (error) {
  process.stderr.write(`protoc-gen-aetherconnect: ${String(error)}\n`);
  process.exitCode = 1;
}
