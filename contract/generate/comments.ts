import type { DescFile } from "@bufbuild/protobuf";
import type { Schema } from "@bufbuild/protoplugin";
import { getComments } from "@bufbuild/protoplugin";

type Commented = Parameters<typeof getComments>[0];

/** Writes `gen/comments.ts`: descriptors lose their comments, and the documents need them. */
export function generateComments(schema: Schema): void {
  const f = schema.generateFile("comments.ts");
  f.print("/** The comments of the contract, by the full name of what they are about. */");
  f.print(f.export("const", "comments"), ": Readonly<Record<string, string>> = {");
  for (const file of schema.files.filter((it) => it.proto.package.startsWith("aetherconnect."))) {
    for (const [name, desc] of elements(file)) {
      const text = getComments(desc)
        .leading?.trim()
        .split(/\s*\n\s*/)
        .join(" ");
      if (text) f.print("  ", f.string(name), ": ", f.string(text), ",");
    }
  }
  f.print("};");
}

function* elements(file: DescFile): Iterable<[string, Commented]> {
  for (const service of file.services) {
    yield [service.typeName, service];
    for (const method of service.methods) {
      yield [`${service.typeName}.${method.name}`, method];
    }
  }
  for (const message of file.messages) {
    yield [message.typeName, message];
    for (const field of message.fields) yield [`${message.typeName}.${field.name}`, field];
  }
  for (const type of file.enums) {
    yield [type.typeName, type];
    for (const value of type.values) yield [`${type.typeName}.${value.name}`, value];
  }
}
