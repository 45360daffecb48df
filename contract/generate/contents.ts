import type { Schema } from "@bufbuild/protoplugin";

/** Writes `gen/contents.ts`: what is in the contract, for tools that take whatever is in it. */
export function generateContents(schema: Schema): void {
  const own = schema.files.filter((it) => it.proto.package.startsWith("aetherconnect."));
  const f = schema.generateFile("contents.ts");
  f.print("/** The files of the contract. */");
  f.print(f.export("const", "files"), " = [");
  for (const file of own) f.print("  ", f.importSchema(file), ",");
  f.print("] as const;");
  f.print();
  f.print("/** The services of the contract. */");
  f.print(f.export("const", "services"), " = [");
  for (const file of own) {
    for (const service of file.services) f.print("  ", f.importSchema(service), ",");
  }
  f.print("] as const;");
}
