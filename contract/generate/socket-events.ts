import type { DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile, Schema } from "@bufbuild/protoplugin";
import { allErrorCodes } from "../errors.ts";
import { readEvents } from "../events.ts";
import { failuresOf } from "../failures.ts";
import { type FieldForm, formOf, type MessageForm, type ValueForm } from "../wire/form.ts";

type Suffix = "In" | "Out";

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
  f.print(f.export("interface", "AckFailure"), "<C extends ErrorCode = ErrorCode> {");
  f.print("  success: false;");
  f.print("  code: C;");
  f.print("  message: string;");
  f.print("  details?: { path: string; message: string }[];");
  f.print("}");
  f.print();
  f.print("/** The acknowledgement of an event. */");
  const ackParameters = "<T, C extends ErrorCode = ErrorCode>";
  f.print(f.export("type", "Ack"), ackParameters, " = ({ success: true } & T) | AckFailure<C>;");
  f.print();

  for (const message of reachable(toServer.map((e) => e.payload))) {
    printType(f, message, "In");
  }
  const outgoing = [...toClient.map((e) => e.payload), ...toServer.flatMap((e) => e.ack ?? [])];
  for (const message of reachable(outgoing)) {
    printType(f, message, "Out");
  }

  for (const event of toServer) {
    f.print("/** Why ", event.name, " can fail. */");
    const codes = union([...failuresOf(event)]);
    f.print(f.export("type", `${event.payload.name}Failure`), " = ", codes, ";");
    f.print();
  }

  f.print("/** Events that clients send. */");
  f.print(f.export("interface", "ClientToServerEvents"), " {");
  for (const { name, payload, ack } of toServer) {
    // Only a callback that must be there gives emitWithAck a type; so it must be there
    // wherever it brings more than success.
    const mark = ack && ack.fields.length > 0 ? "" : "?";
    const type = ack && `Ack<${ack.name}Out, ${payload.name}Failure>`;
    const answer = type ? `ack${mark}: (answer: ${type}) => void` : "";
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
    f.print("  ", name, ": {");
    f.print("    payload: ", f.importSchema(payload), ",");
    if (ack) f.print("    ack: ", f.importSchema(ack), ",");
    if (method) {
      const service = f.importSchema(method.parent);
      f.print("    method: ", service, ".method.", method.localName, ",");
    }
    f.print("    mustJoin: ", option.mustJoin, ",");
    const codes = [...failuresOf(event)].map((code) => JSON.stringify(code)).join(", ");
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

/** Messages and what they hold, each once. */
function reachable(roots: DescMessage[]): MessageForm[] {
  const seen = new Set<MessageForm>();
  const visit = (form: MessageForm) => {
    if (seen.has(form)) return;
    seen.add(form);
    for (const { value } of form.fields) if (value.kind === "message") visit(value.form);
  };
  roots.map(formOf).forEach(visit);
  const names = [...seen].map((it) => it.desc.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`two messages of events are called ${twice}`);
  return [...seen];
}

function printType(f: GeneratedFile, { desc, fields }: MessageForm, suffix: Suffix): void {
  f.print(f.jsDoc(desc));
  if (fields.length === 0) {
    f.print(f.export("type", desc.name + suffix), " = Record<never, never>;");
  } else {
    f.print(f.export("interface", desc.name + suffix), " {");
    for (const field of fields) {
      f.print(f.jsDoc(field.desc, "  "));
      f.print("  ", field.name, suffix === "In" ? inField(field) : outField(field), ";");
    }
    f.print("}");
  }
  f.print();
}

function inField(field: FieldForm): string {
  const type = listed(field, "In");
  return field.isRequired ? `: ${type}` : `?: ${type} | null`;
}

function outField(field: FieldForm): string {
  const type = listed(field, "Out");
  if (field.unset === "nothing") return `?: ${type}`;
  return field.unset === "null" ? `: ${type} | null` : `: ${type}`;
}

function listed({ value, isList }: FieldForm, suffix: Suffix): string {
  const type = valueType(value, suffix);
  if (!isList) return type;
  return type.includes("|") ? `(${type})[]` : `${type}[]`;
}

function valueType(value: ValueForm, suffix: Suffix): string {
  switch (value.kind) {
    case "message":
      return value.form.desc.name + suffix;
    case "enum":
      return union(suffix === "In" ? value.accepted : [...value.names.values()]);
    case "object":
      return "Record<string, unknown>";
    case "integer":
      return "number";
    case "time":
      return "string";
    default:
      return value.kind;
  }
}

function union(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" | ");
}
