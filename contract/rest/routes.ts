import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { accessOf } from "#contract/access.ts";
import { type Access, type Rest, rest } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type FieldForm, formOf } from "../wire/form.ts";

export type Verb = "get" | "put" | "post" | "delete" | "patch";

/** A method of the contract that has a REST route. */
export interface RestRoute {
  method: DescMethod;
  access: Access;
  verb: Verb;
  /** As declared: `/api/rooms/{room_id}`. */
  template: string;
  /** In the names of the JSON form: `/api/rooms/{roomId}`. */
  path: string;
  /** The fields that stand in the path. */
  pathFields: readonly FieldForm[];
  /** The others: in the JSON body, or in the query of a route without one. */
  otherFields: readonly FieldForm[];
  hasBody: boolean;
  rest: Rest;
}

/**
 * The REST routes of services, as their `rest` options declare them.
 * @throws Error for a route that contradicts its method
 */
export function restRoutes(services: readonly DescService[]): RestRoute[] {
  return services
    .flatMap((service) => service.methods)
    .filter((method) => hasOption(method, rest))
    .map(routeOf);
}

function routeOf(method: DescMethod): RestRoute {
  const option = getOption(method, rest);
  const { case: verb, value: template } = option.route;
  const refuse = (fault: string) =>
    new Error(`${method.parent.typeName}.${method.name}: (rest) ${fault}`);
  if (!verb) throw refuse("has no route");
  if (method.methodKind !== "unary") throw refuse("is for unary methods alone");
  const { fields } = formOf(method.input);
  const pathFields: FieldForm[] = [];
  const path = template.replaceAll(/\{([^}]*)\}/g, (_all, name: string) => {
    const field = fields.find((it) => it.desc.name === name);
    if (!field) throw refuse(`names no field ${name}`);
    const isPlain = field.value.kind === "string" || field.value.kind === "integer";
    if (field.isList || !isPlain) throw refuse(`can't have ${name} in its path`);
    pathFields.push(field);
    return `{${field.name}}`;
  });
  const otherFields = fields.filter((it) => !pathFields.includes(it));
  const hasBody = verb === "post" || verb === "put" || verb === "patch";
  const nested = otherFields.find(({ value: { kind } }) => kind === "message" || kind === "object");
  if (!hasBody && nested) throw refuse(`can't have ${nested.name} in a query`);
  const access = accessOf(method);
  return { method, access, verb, template, path, pathFields, otherFields, hasBody, rest: option };
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

/** The path for Express: `/api/rooms/:roomId`. */
export function expressPath({ path }: RestRoute): string {
  return path.replaceAll(/\{([^}]*)\}/g, ":$1");
}
