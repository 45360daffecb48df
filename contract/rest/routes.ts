import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { accessOf } from "#contract/access.ts";
import { type Access, type Rest, rest } from "#gen/aetherconnect/options/v1/options_pb.ts";

export type Verb = "get" | "put" | "post" | "delete";

/** A method of the contract that has a REST route. */
export interface RestRoute {
  method: DescMethod;
  access: Access;
  verb: Verb;
  /** As declared: `/api/rooms/{room_id}`. */
  template: string;
  rest: Rest;
}

/** The REST routes of services, as their `rest` options declare them. */
export function restRoutes(services: readonly DescService[]): RestRoute[] {
  return services
    .flatMap((service) => service.methods)
    .filter((method) => hasOption(method, rest))
    .map((method) => {
      const option = getOption(method, rest);
      const { case: verb, value: template } = option.route;
      if (!verb) throw new Error(`${method.parent.typeName}.${method.name}: (rest) has no route`);
      if (method.methodKind !== "unary")
        throw new Error(`${method.name}: only unary calls have routes`);
      return { method, access: accessOf(method), verb, template, rest: option };
    });
}

/** Routes by template, literal paths before those with parameters: the first match counts. */
export function byTemplate(routes: readonly RestRoute[]): [template: string, RestRoute[]][] {
  const groups = Map.groupBy(routes, (route) => route.template);
  return [...groups].sort(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey(template: string): string {
  // "{" sorts after letters, so a parameter comes after every literal in its place.
  return template.replaceAll(/\{[^}]*\}/g, "{");
}

/** The path for Express: `/api/rooms/:roomId`, in the JSON names of the request's fields. */
export function expressPath(template: string, method: DescMethod): string {
  return template.replaceAll(/\{([^}]*)\}/g, (_all, name: string) => {
    const field = method.input.fields.find((it) => it.name === name);
    if (!field) throw new Error(`${method.name}: no field ${name} for ${template}`);
    return `:${field.jsonName}`;
  });
}
