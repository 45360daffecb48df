import type { Schema } from "@bufbuild/protoplugin";
import { readEvents } from "../events.ts";
import { failuresOf } from "../failures.ts";
import { printEvents, printFailures, printTypes, type TypeStyle } from "./wire-types.ts";

const incoming: TypeStyle = { isIn: true, nameOf: (desc) => `${desc.name}In` };
const outgoing: TypeStyle = { isIn: false, nameOf: (desc) => `${desc.name}Out` };

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
  const payloadsOf = (list: typeof events) => list.map((e) => e.payload);

  printFailures(f);
  printTypes(f, payloadsOf(toServer), incoming);
  printTypes(f, [...payloadsOf(toClient), ...toServer.flatMap((e) => e.ack ?? [])], outgoing);
  printEvents(f, events, incoming, outgoing);

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
