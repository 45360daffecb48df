import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { accessOf } from "#contract/access.ts";
import { failuresOf } from "#contract/failures.ts";
import { restRoutes } from "#contract/rest/routes.ts";
import { rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { services } from "#gen/contents.ts";
import {
  aboutOf,
  accessText,
  failureLines,
  failuresText,
  fieldLines,
  fieldsOf,
} from "../describe.ts";
import { findMethod, findService } from "../methods.ts";
import { createOutput, type Output } from "../output.ts";
import type { Group } from "../root-command.ts";
import { bold, table } from "../text.ts";

const examples = `
Examples:
  aether describe                              every method, and who may call it
  aether describe RoomService
  aether describe MessageService/SendMessage   fields, rules, failures
`;

export function define(command: Group): void {
  command
    .description("What the contract says of its services and methods. Asks no platform.")
    .argument("[method]", "a service, or Service/Method")
    .addHelpText("after", examples)
    .action(async (name, _options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      if (name === undefined)
        return list(
          output,
          services.flatMap((it) => it.methods),
        );
      const isService = services.some((it) => it.name === name || it.typeName === name);
      if (isService) return list(output, findService(name).methods);
      await describe(output, findMethod(name));
    });
}

async function list(output: Output, methods: readonly DescMethod[]): Promise<void> {
  const rows = methods.map((method) => ({
    method: nameOf(method),
    access: accessText(accessOf(method)),
    rest: restText(method),
    about: firstSentence(aboutOf(`${method.parent.typeName}.${method.name}`)),
  }));
  if (output.isJson) {
    for (const row of rows) await output.print("", row);
    return;
  }
  const cells = rows.map((it) => [it.method, it.access, it.rest, it.about]);
  await output.print(table(["method", "who", "REST", ""], cells), null);
}

async function describe(output: Output, method: DescMethod): Promise<void> {
  const about = aboutOf(`${method.parent.typeName}.${method.name}`);
  const request = fieldsOf(method.input, "in");
  const response = fieldsOf(method.output, "out");
  const fails = failuresText(failuresOf(method));
  const access = accessText(accessOf(method));
  const route = restText(method);
  const text = [
    `${bold(nameOf(method))}  ${about}\n`,
    `Who may call it: ${access}. REST: ${route || "none"}. RPC: POST /${method.parent.typeName}/${method.name}${method.methodKind === "unary" ? "" : ", a stream"}\n`,
    `${fieldLines("takes", request)}${request.some((it) => it.isRequired) ? "* is required\n" : ""}`,
    fieldLines("answers", response),
    failureLines(fails),
  ].join("\n");
  await output.print(text, {
    method: nameOf(method),
    about,
    access,
    rest: route || null,
    isStream: method.methodKind !== "unary",
    request,
    response,
    fails,
  });
}

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.name}/${name}`;
}

function restText(method: DescMethod): string {
  if (!getOption(method, rest).route.case) return "";
  const [route] = restRoutes([method.parent]).filter((it) => it.method === method);
  return route ? `${route.verb.toUpperCase()} ${route.path}` : "";
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}
