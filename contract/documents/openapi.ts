import { type DescMethod, type DescService, getOption, type JsonObject } from "@bufbuild/protobuf";
import { Access, reasons } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { comments as contractComments } from "#gen/comments.ts";
import { codeOfReason } from "../errors.ts";
import { routeFailures } from "../failures.ts";
import { byTemplate, type RestRoute, restRoutes } from "../rest/routes.ts";
import { CONTRACT_VERSION } from "../root.ts";
import { failureAnswers, headers, successAnswers } from "./answers.ts";
import { type Comments, createSchemaBook, type SchemaBook } from "./json-schema.ts";
import { plainEndpoints } from "./plain-endpoints.ts";

/** What a document takes besides descriptors. */
export interface DocumentOptions {
  /** Texts by full name; the contract's own if not given. */
  comments?: Comments;
  /** `info.version`; if not given, the version of the contract's last release. */
  version?: string;
}

/** The OpenAPI 3.1 document of services: their REST routes, and the gateway's plain endpoints. */
export function openapi(
  services: readonly DescService[],
  { comments = contractComments, version = CONTRACT_VERSION }: DocumentOptions = {},
): JsonObject {
  const book = createSchemaBook(comments);
  const routes = restRoutes(services);
  const paths: JsonObject = {};
  for (const [template, group] of byTemplate(routes)) {
    const operations = group.map((route) => [route.verb, operation(route, book, comments)]);
    paths[group[0]?.path ?? template] = Object.fromEntries(operations);
  }
  const used = services.filter((it) => routes.some(({ method }) => method.parent === it));
  return {
    openapi: "3.1.0",
    info: {
      title: "Aetherconnect",
      version,
      description:
        "The REST API of the gateway, derived from the contract in proto/. The events of the sockets are in /asyncapi.json.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The gateway." }],
    tags: [
      ...used.map((it) => ({ name: it.name, description: comments[it.typeName] ?? it.name })),
      { name: "Operation", description: "Health, metrics and documents." },
    ],
    paths: { ...paths, ...plainEndpoints(book, comments) },
    components: {
      schemas: book.schemas(),
      headers,
      securitySchemes: {
        accessCookie: { type: "apiKey", in: "cookie", name: "accessToken" },
        accessBearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "Counts alone where a cookie comes too.",
        },
      },
    },
  };
}

function operation(route: RestRoute, book: SchemaBook, comments: Comments): JsonObject {
  const { method, rest: option, access, pathFields, otherFields, hasBody } = route;
  const text = comments[`${method.parent.typeName}.${method.name}`];
  const parameters = [...pathFields, ...(hasBody ? [] : otherFields)].map((field) => ({
    name: field.name,
    in: pathFields.includes(field) ? "path" : "query",
    required: pathFields.includes(field) || field.isRequired,
    description: comments[`${method.input.typeName}.${field.desc.name}`] ?? field.name,
    schema: book.parameter(field),
  }));
  return {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    ...(text && { summary: firstSentence(text) }),
    ...described([text, ...overrides(method), option.cookies && `Cookies: ${option.cookies}`]),
    security: access === Access.ANYONE ? [] : [{ accessCookie: [] }, { accessBearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody &&
      otherFields.length > 0 && {
        requestBody: {
          required: otherFields.some((it) => it.isRequired),
          content: { "application/json": { schema: book.inRef(method.input, pathFields) } },
        },
      }),
    responses: {
      ...successAnswers(book, route),
      ...failureAnswers(book, comments, routeFailures(route)),
    },
  };
}

function overrides(method: DescMethod): string[] {
  return getOption(method, reasons).map(
    ({ from, to }) => `Answers ${codeOfReason(to)} in the place of ${codeOfReason(from)}.`,
  );
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.)\s/)[0] ?? text;
}

function described(texts: (string | undefined)[]): JsonObject {
  const description = texts.filter(Boolean).join("\n\n");
  return description ? { description } : {};
}
