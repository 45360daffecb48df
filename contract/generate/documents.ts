import { create, createFileRegistry, type DescFile, type DescService } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { accessOf } from "../access.ts";
import { asyncapi } from "../documents/asyncapi.ts";
import { openapi } from "../documents/openapi.ts";
import { readEvents } from "../events.ts";
import { restRoutes } from "../rest/routes.ts";

/** The documents of a contract, and the page of who may call what: file name → text. */
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

const words = new Map<Access, string>([
  [Access.ANYONE, "anyone"],
  [Access.USER, "a signed-in user"],
  [Access.SERVICE, "a service"],
]);

/** Who may call what, as the contract declares it: a page of Markdown. */
function accessTable(services: readonly DescService[], files: readonly DescFile[]): string {
  const own = services.filter((it) => it.file.proto.package.startsWith("aetherconnect."));
  const routes = new Map(restRoutes(own).map((route) => [route.method, route]));
  const methods = own.flatMap((service) =>
    service.methods.map((method) => {
      const route = routes.get(method);
      const path = route ? `\`${route.verb.toUpperCase()} ${route.template}\`` : "–";
      return `| \`${service.name}.${method.name}\` | ${words.get(accessOf(method))} | ${path} |`;
    }),
  );
  const events = readEvents(files)
    .filter((it) => it.toServer)
    .map(({ name, option }) => `| \`${name}\` | ${words.get(option.access)} |`);
  return `# Who may call what

Generated from the \`access\` options in \`proto/\` by \`npm run generate\`; never edited. One rule enforces it on the
RPC ports, the gateway on the REST routes, the dispatch of events on sockets. Anyone: no token is needed, and one of a
service makes its word on the client's address count. A signed-in user: an access token. A service: a service token.
Health and, outside production, reflection are open to anyone.

| method | who | REST |
|---|---|---|
${methods.join("\n")}

| event to the server | who |
|---|---|
${events.join("\n")}
`;
}
