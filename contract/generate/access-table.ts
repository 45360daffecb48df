import { type DescFile, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { Access, rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { accessOf } from "../access.ts";
import { readEvents } from "../events.ts";

const words = new Map<Access, string>([
  [Access.ANYONE, "anyone"],
  [Access.USER, "a signed-in user"],
  [Access.SERVICE, "a service"],
]);

/** Who may call what, as the contract declares it: a page of Markdown. */
export function accessTable(services: readonly DescService[], files: readonly DescFile[]): string {
  const own = services.filter((it) => it.file.proto.package.startsWith("aetherconnect."));
  const methods = own.flatMap((service) =>
    service.methods.map((method) => {
      const route = hasOption(method, rest) ? getOption(method, rest).route : undefined;
      const path = route?.case ? `\`${route.case.toUpperCase()} ${route.value}\`` : "–";
      return `| \`${service.name}.${method.name}\` | ${words.get(accessOf(method))} | ${path} |`;
    }),
  );
  const events = readEvents(files)
    .filter((it) => it.toServer)
    .map(({ name, option }) => `| \`${name}\` | ${words.get(option.access)} |`);
  return `# Who may call what

Generated from the \`access\` options in \`proto/\` by \`npm run generate\`; never edited. One interceptor enforces it on the
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
