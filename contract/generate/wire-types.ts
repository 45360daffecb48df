import type { DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile } from "@bufbuild/protoplugin";
import { allErrorCodes } from "../errors.ts";
import type { EventDeclaration } from "../events.ts";
import { failuresOf } from "../failures.ts";
import { type FieldForm, formOf, type MessageForm, type ValueForm } from "../wire/form.ts";

/** How the types of one direction are printed. */
export interface TypeStyle {
  /** Whether they are what clients send. */
  isIn: boolean;
  nameOf: (desc: DescMessage) => string;
  /** Whether what may be left out may be undefined too. */
  allowsUndefined?: boolean;
}

/** Prints the codes of failures, and how an event is acknowledged. */
export function printFailures(f: GeneratedFile): void {
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
  const parameters = "<T, C extends ErrorCode = ErrorCode>";
  f.print(f.export("type", "Ack"), parameters, " = ({ success: true } & T) | AckFailure<C>;");
  f.print();
}

/** Prints the types of messages and of what they hold, each once. */
export function printTypes(f: GeneratedFile, roots: DescMessage[], style: TypeStyle): void {
  for (const form of reachable(roots)) printType(f, form, style);
}

/** Prints what Socket.IO is typed by. */
export function printEvents(
  f: GeneratedFile,
  events: readonly EventDeclaration[],
  incoming: TypeStyle,
  outgoing: TypeStyle,
): void {
  const toServer = events.filter((e) => e.toServer);
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
    const type = ack && `Ack<${outgoing.nameOf(ack)}, ${payload.name}Failure>`;
    const answer = type ? `ack${mark}: (answer: ${type}) => void` : "";
    f.print("  ", name, ": (payload: ", incoming.nameOf(payload), ", ", answer, ") => void;");
  }
  f.print("}");
  f.print();
  f.print("/** Events that clients get. */");
  f.print(f.export("interface", "ServerToClientEvents"), " {");
  for (const { name, payload } of events.filter((e) => !e.toServer)) {
    f.print("  ", name, ": (payload: ", outgoing.nameOf(payload), ") => void;");
  }
  f.print("}");
  f.print();
}

/** A field of a type: its mark and its type. */
export function typedField(field: FieldForm, style: TypeStyle): string {
  const { isIn, allowsUndefined } = style;
  const type = listed(field, style);
  if (isIn && field.isRequired) return `: ${type}`;
  if (isIn) return `?: ${type} | null${allowsUndefined ? " | undefined" : ""}`;
  if (field.unset === "nothing") return `?: ${type}`;
  return field.unset === "null" ? `: ${type} | null` : `: ${type}`;
}

export function union(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" | ");
}

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
  if (twice) throw new Error(`two messages are called ${twice}`);
  return [...seen];
}

function printType(f: GeneratedFile, { desc, fields }: MessageForm, style: TypeStyle): void {
  f.print(f.jsDoc(desc));
  if (fields.length === 0) {
    f.print(f.export("type", style.nameOf(desc)), " = Record<never, never>;");
  } else {
    f.print(f.export("interface", style.nameOf(desc)), " {");
    for (const field of fields) {
      f.print(f.jsDoc(field.desc, "  "));
      f.print("  ", field.name, typedField(field, style), ";");
    }
    f.print("}");
  }
  f.print();
}

function listed({ value, isList }: FieldForm, style: TypeStyle): string {
  const type = valueType(value, style);
  if (!isList) return type;
  return type.includes("|") ? `(${type})[]` : `${type}[]`;
}

function valueType(value: ValueForm, style: TypeStyle): string {
  switch (value.kind) {
    case "message":
      return style.nameOf(value.form.desc);
    case "enum":
      return union(style.isIn ? value.accepted : [...value.names.values()]);
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
