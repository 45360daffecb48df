import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

type Json = Record<string, unknown>;

interface Document {
  patterns: { template: string; pattern: RegExp; operations: Json }[];
  compile: (pointer: string) => ValidateFunction;
}

const documents = new Map<string, Promise<Document>>();
const undescribed = /^\/(docs|openapi\.json|asyncapi\.json|metrics|socket\.io)/;

/** Holds an answer against `/openapi.json`: its path, status and every property. */
export async function checkAnswer(
  baseUrl: string,
  method: string,
  path: string,
  answer: { status: number; body: unknown },
): Promise<void> {
  const pathname = path.split("?")[0] ?? "";
  if (undescribed.test(pathname) || method === "HEAD" || method === "OPTIONS") return;
  const document = await documentOf(baseUrl);
  const found = document.patterns.find((it) => it.pattern.test(pathname));
  const operation = found && asJson(found.operations[method.toLowerCase()]);
  if (!found || !operation) {
    assert.ok([400, 404, 405].includes(answer.status), `${method} ${path} is not in the document`);
    return;
  }
  const responses = asJson(operation.responses) ?? {};
  const isKnown = String(answer.status) in responses;
  assert.ok(isKnown, `${method} ${found.template} does not document status ${answer.status}`);
  const pointer = [
    "paths",
    found.template,
    method.toLowerCase(),
    "responses",
    String(answer.status),
    "content",
    "application/json",
    "schema",
  ];
  const validate = document.compile(pointer.map(pointerPart).join("/"));
  const isValid = validate(answer.body);
  assert.ok(
    isValid,
    `${method} ${found.template} ${answer.status}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(answer.body)}`,
  );
}

async function documentOf(baseUrl: string): Promise<Document> {
  let document = documents.get(baseUrl);
  if (!document) {
    document = loadDocument(baseUrl);
    documents.set(baseUrl, document);
  }
  return document;
}

async function loadDocument(baseUrl: string): Promise<Document> {
  const response = await fetch(`${baseUrl}/openapi.json`);
  const json = asJson(await response.json()) ?? {};
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...json, $id: "openapi" });
  const compiled = new Map<string, ValidateFunction>();
  const paths = asJson(json.paths) ?? {};
  const patterns = Object.entries(paths).map(([template, operations]) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/\{[^}]*\}/g, "[^/]+")}$`),
    operations: asJson(operations) ?? {},
  }));
  // Literal paths before those with parameters, as the gateway matches them.
  patterns.sort((a, b) => a.template.split("{").length - b.template.split("{").length);
  return {
    patterns,
    compile(pointer) {
      let validate = compiled.get(pointer);
      if (!validate) {
        validate = ajv.compile({ $ref: `openapi#/${pointer}` });
        compiled.set(pointer, validate);
      }
      return validate;
    },
  };
}

function asJson(value: unknown): Json | undefined {
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
