import type { DescMessage } from "@bufbuild/protobuf";
import { create, hasOption } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse_File,
} from "@bufbuild/protobuf/wkt";
import { createEcmaScriptPlugin, type GeneratedFile, type Schema } from "@bufbuild/protoplugin";
import { rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { allErrorCodes, errorEntry } from "../errors.ts";
import { readEvents } from "../events.ts";
import { routeFailures } from "../failures.ts";
import { envelopeParts } from "../rest/envelope.ts";
import { type RestRoute, restRoutes } from "../rest/routes.ts";
import {
  printEvents,
  printFailures,
  printTypes,
  type TypeStyle,
  typedField,
  union,
} from "./wire-types.ts";

const pathStart = "/api/";

// The payload of the event `error` must not take the name of JavaScript's own class.
const nameOf = ({ name }: DescMessage) => (name === "Error" ? "ErrorEvent" : name);
const incoming: TypeStyle = { isIn: true, nameOf, allowsUndefined: true };
const outgoing: TypeStyle = { isIn: false, nameOf };

/**
 * Writes what the client package is typed by: the requests and answers of every REST route,
 * events, codes of failures, and the one table that it needs when it runs.
 */
export function generateClient(request: CodeGeneratorRequest): CodeGeneratorResponse_File[] {
  const plugin = createEcmaScriptPlugin({
    name: "protoc-gen-aetherconnect-client",
    version: "v1",
    generateTs: printContract,
  });
  const parameter = "target=ts,import_extension=ts";
  return plugin.run(create(CodeGeneratorRequestSchema, { ...request, parameter })).file;
}

function printContract(schema: Schema): void {
  const f = schema.generateFile("contract.ts");
  const events = readEvents(schema.allFiles);
  const services = schema.allFiles.flatMap((file) => file.services);
  const routes = restRoutes(services.filter((it) => it.methods.some((on) => hasOption(on, rest))));
  printFailures(f);
  const requests = [
    ...routes.map((it) => it.method.input),
    ...events.filter((it) => it.toServer).map((it) => it.payload),
  ];
  const answers = [
    ...routes.flatMap(heldInAnswer),
    ...events.flatMap((it) => (it.toServer ? (it.ack ?? []) : it.payload)),
  ];
  printTypes(f, [...new Set(requests)], incoming);
  printTypes(f, [...new Set(answers)], outgoing);
  printEvents(f, events, incoming, outgoing);
  printMethods(f, routes);
  f.print("/**");
  f.print(
    " * Verb and path of each method, without the beginning that all have. What isn't in the",
  );
  f.print(" * path is the query or the body.");
  f.print(" */");
  f.print(f.export("const", "routes"), " = {");
  for (const { method, verb, path } of routes) {
    const shortPath = path.slice(pathStart.length).replaceAll(/\{(\w+)\}/g, ":$1");
    if (!path.startsWith(pathStart)) throw new Error(`${path} doesn't begin with ${pathStart}`);
    f.print("  ", method.localName, ": ", f.string(`${verb.toUpperCase()} ${shortPath}`), ",");
  }
  f.print("} as const satisfies Record<keyof Methods, string>;");
  f.print();
  f.print("/** What every path begins with. */");
  f.print(f.export("const", "pathStart"), " = ", f.string(pathStart), ";");
  f.print();
  f.print("/** Failures that pass: the same may succeed later. */");
  const passing = allErrorCodes().filter(isPassing);
  f.print(f.export("const", "passingCodes"), ": readonly ErrorCode[] = [");
  for (const code of passing) f.print("  ", f.string(code), ",");
  f.print("];");
}

/** Each REST route: what it takes, what it answers, and why it can fail. */
function printMethods(f: GeneratedFile, routes: RestRoute[]): void {
  f.print("/** The methods that REST routes serve. */");
  f.print(f.export("interface", "Methods"), " {");
  for (const route of routes) {
    const { method } = route;
    f.print(f.jsDoc(method, "  "));
    f.print("  ", method.localName, ": {");
    f.print("    request: ", nameOf(method.input), ";");
    f.print("    answer: {");
    for (const { name, field, optional } of envelopeParts(method, route.rest)) {
      const type = typedField(field, outgoing);
      f.print("      ", name, optional && !type.startsWith("?") ? `?${type}` : type, ";");
    }
    f.print("    };");
    f.print("    failure: ", union([...routeFailures(route)]), ";");
    f.print("  };");
  }
  f.print("}");
  f.print();
}

function heldInAnswer({ method, rest: option }: RestRoute): DescMessage[] {
  return envelopeParts(method, option).flatMap(({ field: { value } }) =>
    value.kind === "message" ? value.form.desc : [],
  );
}

function isPassing(code: ReturnType<typeof allErrorCodes>[number]): boolean {
  const { status } = errorEntry(code);
  return status === 429 || status >= 500;
}
