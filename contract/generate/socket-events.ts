import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import type { GeneratedFile, Schema } from "@bufbuild/protoplugin";
import { omit_if_unset } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { allErrorCodes } from "../errors.ts";
import { readEvents } from "../events.ts";
import { failuresOf } from "../failures.ts";

/**
 * Writes `gen/socket-events.ts`. What the server sends (`…Out`: every field there,
 * null if unset) differs from what it takes (`…In`), and both differ from proto3 JSON;
 * so neither the messages nor their `…Json` types can stand for a payload.
 */
export function generateSocketEvents(schema: Schema): void {
  const events = readEvents(schema.allFiles);
  const f = schema.generateFile("socket-events.ts");
  const toServer = events.filter((e) => e.toServer);
  const toClient = events.filter((e) => !e.toServer);

  f.print("/** Why something failed, as it stands on the wire. */");
  f.print(f.export("type", "ErrorCode"), " = ", union(allErrorCodes()), ";");
  f.print();
  f.print("/** The acknowledgement of an event that failed. */");
  f.print(f.export("interface", "AckFailure"), " {");
  f.print("  success: false;");
  f.print("  code: ErrorCode;");
  f.print("  message: string;");
  f.print("  details?: { path: string; message: string }[];");
  f.print("}");
  f.print();
  f.print("/** The acknowledgement of an event. */");
  f.print(f.export("type", "Ack"), "<T> = ({ success: true } & T) | AckFailure;");
  f.print();

  for (const message of reachable(toServer.map((e) => e.payload))) {
    printType(f, message, "In", (field) => inField(field));
  }
  const outgoing = [...toClient.map((e) => e.payload), ...toServer.flatMap((e) => e.ack ?? [])];
  for (const message of reachable(outgoing)) {
    printType(f, message, "Out", (field) => outField(field, getOption(field, omit_if_unset)));
  }

  f.print("/** Events that clients send. */");
  f.print(f.export("interface", "ClientToServerEvents"), " {");
  for (const { name, payload, ack } of toServer) {
    // Only a callback that must be there gives emitWithAck a type; so it must be there
    // wherever it brings more than success.
    const mark = ack && ack.fields.length > 0 ? "" : "?";
    const answer = ack ? `ack${mark}: (answer: Ack<${ack.name}Out>) => void` : "";
    f.print("  ", name, ": (payload: ", payload.name, "In, ", answer, ") => void;");
  }
  f.print("}");
  f.print();
  f.print("/** Events that clients get. */");
  f.print(f.export("interface", "ServerToClientEvents"), " {");
  for (const { name, payload } of toClient) {
    f.print("  ", name, ": (payload: ", payload.name, "Out) => void;");
  }
  f.print("}");
  f.print();

  f.print("/** What clients send: descriptors, the method that serves it, and its rules. */");
  f.print(f.export("const", "clientEvents"), " = {");
  for (const event of toServer) {
    const { name, payload, ack, method, option } = event;
    const codes = [...failuresOf(event)].map((code) => JSON.stringify(code)).join(", ");
    f.print("  ", name, ": {");
    f.print("    payload: ", f.importSchema(payload), ",");
    if (ack) f.print("    ack: ", f.importSchema(ack), ",");
    if (method) {
      const service = f.importSchema(method.parent);
      f.print("    method: ", service, ".method.", method.localName, ",");
    }
    f.print("    mustJoin: ", option.mustJoin, ",");
    f.print("    failures: new Set<ErrorCode>([", codes, "]),");
    f.print("  },");
  }
  f.print("} as const;");
  f.print();
  f.print("/** The descriptors of what clients get. */");
  f.print(f.export("const", "serverEvents"), " = {");
  for (const { name, payload } of toClient) {
    f.print("  ", name, ": ", f.importSchema(payload), ",");
  }
  f.print("} as const;");
  f.print();

  f.print("/** What a server emits. */");
  f.print(f.export("interface", "ServerEventMessages"), " {");
  for (const { name, payload } of toClient) {
    f.print("  ", name, ": ", f.importShape(payload), ";");
  }
  f.print("}");
}

function reachable(roots: DescMessage[]): DescMessage[] {
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage) => {
    if (seen.has(message) || message.typeName.startsWith("google.protobuf.")) return;
    for (const field of message.fields) if (field.message) visit(field.message);
    seen.add(message);
  };
  roots.forEach(visit);
  const names = [...seen].map((it) => it.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`two messages of events are called ${twice}`);
  return [...seen];
}

function printType(
  f: GeneratedFile,
  message: DescMessage,
  suffix: "In" | "Out",
  fieldType: (field: DescField) => string,
): void {
  f.print(f.jsDoc(message));
  if (message.fields.length === 0) {
    f.print(f.export("type", message.name + suffix), " = Record<never, never>;");
  } else {
    f.print(f.export("interface", message.name + suffix), " {");
    for (const field of message.fields) {
      f.print(f.jsDoc(field, "  "));
      f.print("  ", field.jsonName, fieldType(field), ";");
    }
    f.print("}");
  }
  f.print();
}

function inField(field: DescField): string {
  const type = valueType(field, "In");
  const mayMiss =
    field.proto.proto3Optional || field.fieldKind === "message" || field.fieldKind === "enum";
  return mayMiss ? `?: ${type} | null` : `: ${type}`;
}

function outField(field: DescField, omitted: boolean): string {
  const type = valueType(field, "Out");
  if (omitted) return `?: ${type}`;
  return field.proto.proto3Optional ? `: ${type} | null` : `: ${type}`;
}

function valueType(field: DescField, suffix: "In" | "Out"): string {
  if (field.fieldKind === "list") {
    const item = singleType(field.listKind, field, suffix);
    return item.includes("|") ? `(${item})[]` : `${item}[]`;
  }
  if (field.fieldKind === "map") throw new Error(`${field.toString()}: maps have no wire form`);
  return singleType(field.fieldKind, field, suffix);
}

function singleType(
  kind: "scalar" | "enum" | "message",
  field: DescField,
  suffix: "In" | "Out",
): string {
  if (kind === "message" && field.message) {
    if (field.message.typeName === "google.protobuf.Timestamp") return "string";
    if (field.message.typeName === "google.protobuf.Struct") return "Record<string, unknown>";
    return field.message.name + suffix;
  }
  if (kind === "enum" && field.enum) {
    return union(
      field.enum.values.filter((v) => v.number !== 0).map((v) => v.localName.toLowerCase()),
    );
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return "string";
    case ScalarType.BOOL:
      return "boolean";
    case ScalarType.UINT32:
    case ScalarType.INT32:
    case ScalarType.DOUBLE:
      return "number";
    default:
      throw new Error(`${field.toString()}: this type has no wire form`);
  }
}

function union(values: string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" | ");
}
