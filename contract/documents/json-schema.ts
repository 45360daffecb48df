import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  ScalarType,
} from "@bufbuild/protobuf";
import { json, omit_if_unset, secret } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { message as messageOption } from "#gen/buf/validate/validate_pb.ts";
import { enumNames, isOptional } from "../wire/descriptors.ts";
import { type FieldRules, fieldRules } from "./field-rules.ts";

/** The comments of the contract, by the full name of what they are about. */
export type Comments = Readonly<Record<string, string>>;

/** The properties of a JSON object. */
export interface Shape {
  properties: JsonObject;
  required: string[];
}

/** Makes the schemas of messages, as they stand in JSON, and keeps those that are referred to. */
export interface SchemaBook {
  /** A reference to what the server sends. */
  outRef: (message: DescMessage) => JsonObject;
  outShape: (message: DescMessage) => Shape;
  /** A field as the server sends it, null included. */
  outField: (field: DescField) => JsonObject;
  /** A reference to what the server takes; `without` names fields that come otherwise. */
  inRef: (message: DescMessage, without?: readonly string[]) => JsonObject;
  /** A field as it stands in a path or a query: never null. */
  parameter: (field: DescField) => JsonObject;
  /** Keeps a schema that no message stands for. */
  add: (name: string, schema: JsonObject) => JsonObject;
  /** All that was referred to, by name. */
  schemas: () => JsonObject;
}

const timestampExample = "2023-10-27T10:00:00.000Z";

export function createSchemaBook(comments: Comments): SchemaBook {
  const schemas: JsonObject = {};
  const owners = new Map<string, string>();

  const nameOf = (message: DescMessage) => {
    const owner = owners.get(message.name) ?? message.typeName;
    return owner === message.typeName ? message.name : message.typeName;
  };
  const keep = (message: DescMessage, make: () => JsonObject): JsonObject => {
    const name = nameOf(message);
    if (!owners.has(name)) {
      owners.set(name, message.typeName);
      // In its place before it is made: a message may contain itself.
      schemas[name] = {};
      schemas[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const outValue = (field: DescField, message: DescMessage | undefined): JsonObject => {
    if (message)
      return message.file.proto.package === "google.protobuf"
        ? wellKnown(message)
        : outRef(message);
    if (field.enum) return { type: "string", enum: [...enumNames(field.enum).values()] };
    return scalar(field);
  };
  const outField = (field: DescField): JsonObject => {
    const value = outValue(field, field.message);
    const isNull = isOptional(field) && !getOption(field, omit_if_unset);
    const schema =
      field.fieldKind === "list" ? { type: "array", items: value } : isNull ? orNull(value) : value;
    return { ...describe(comments[fullName(field)]), ...schema };
  };
  const outShape = (message: DescMessage): Shape => ({
    properties: Object.fromEntries(message.fields.map((it) => [it.jsonName, outField(it)])),
    required: message.fields.filter((it) => !getOption(it, omit_if_unset)).map((it) => it.jsonName),
  });
  const outRef = (message: DescMessage): JsonObject =>
    keep(message, () => objectSchema(outShape(message), comments[message.typeName]));

  const inField = (field: DescField): JsonObject => {
    const rules = fieldRules(field);
    const schema = inValue(field, rules);
    const text = [comments[fullName(field)], ...rules.notes.map((it) => `Rule: ${it}.`)];
    return {
      ...describe(text.filter(Boolean).join(" ")),
      ...(isRequired(field) ? schema : orNull(schema)),
    };
  };

  return {
    outRef,
    outShape,
    outField,
    inRef(message, without = []) {
      const fields = message.fields.filter((it) => !without.includes(it.name));
      const rules = getOption(message, messageOption).cel.map(
        (rule) => `Rule: ${rule.id} ${rule.message}.`,
      );
      const text = [comments[message.typeName], ...rules].filter(Boolean).join(" ");
      return keep(message, () =>
        objectSchema(
          {
            properties: Object.fromEntries(fields.map((it) => [it.jsonName, inField(it)])),
            required: fields.filter(isRequired).map((it) => it.jsonName),
          },
          text,
        ),
      );
    },
    parameter: (field) => inValue(field, fieldRules(field)),
    add(name, schema) {
      schemas[name] = schema;
      owners.set(name, "");
      return { $ref: `#/components/schemas/${name}` };
    },
    schemas: () => schemas,
  };
}

/** Whether a request is refused without the field. */
export function isRequired(field: DescField): boolean {
  return !isOptional(field) && fieldRules(field).refusesZero;
}

/** A closed object: what isn't named isn't there. */
export function objectSchema({ properties, required }: Shape, description?: string): JsonObject {
  return {
    type: "object",
    ...describe(description),
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function inValue(field: DescField, { keywords }: FieldRules): JsonObject {
  if (field.fieldKind === "enum") return { type: "string", ...keywords };
  if (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Struct") {
    const limits = hasOption(field, json) ? getOption(field, json) : undefined;
    return {
      type: "object",
      additionalProperties: true,
      propertyNames: { not: { enum: ["__proto__", "constructor", "prototype"] } },
      ...(limits && { "x-max-bytes": limits.maxBytes, "x-max-depth": limits.maxDepth }),
    };
  }
  if (field.fieldKind === "scalar") {
    const hidden = getOption(field, secret) ? { format: "password", writeOnly: true } : {};
    return { ...scalar(field), ...hidden, ...keywords };
  }
  throw new Error(`${field.toString()}: this type has no wire form in requests`);
}

function scalar(field: DescField): JsonObject {
  switch (field.scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.UINT32:
      return { type: "integer", minimum: 0, maximum: 0xffff_ffff };
    case ScalarType.INT32:
      return { type: "integer", minimum: -0x8000_0000, maximum: 0x7fff_ffff };
    case ScalarType.DOUBLE:
      return { type: "number" };
    default:
      throw new Error(`${field.toString()}: this type has no wire form`);
  }
}

function wellKnown(message: DescMessage): JsonObject {
  if (message.typeName === "google.protobuf.Timestamp") {
    return { type: "string", format: "date-time", examples: [timestampExample] };
  }
  if (message.typeName === "google.protobuf.Struct") {
    return { type: "object", additionalProperties: true };
  }
  throw new Error(`${message.typeName} has no wire form`);
}

function orNull(schema: JsonObject): JsonObject {
  if (typeof schema.type !== "string") return { anyOf: [schema, { type: "null" }] };
  const values = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, type: [schema.type, "null"], ...values };
}

function describe(text: string | undefined): JsonObject {
  return text ? { description: text } : {};
}

function fullName(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}
