import { type DescField, type DescMessage, getOption, type JsonObject } from "@bufbuild/protobuf";
import { message as messageOption } from "#gen/buf/validate/validate_pb.ts";
import { type FieldForm, formOf, type ValueForm } from "../wire/form.ts";

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
  outField: (field: FieldForm) => JsonObject;
  /** A reference to what the server takes; `without` are fields that come otherwise. */
  inRef: (message: DescMessage, without?: readonly FieldForm[]) => JsonObject;
  /** A field as it stands in a path or a query: never null. */
  parameter: (field: FieldForm) => JsonObject;
  /** Keeps a schema that no message stands for. */
  add: (name: string, schema: JsonObject) => JsonObject;
  /** All that was referred to, by name. */
  schemas: () => JsonObject;
}

const timeExample = "2023-10-27T10:00:00.000Z";

export function createSchemaBook(comments: Comments): SchemaBook {
  const schemas: JsonObject = {};
  const owners = new Map<string, string>();

  /** @param suffix tells what clients send from what the server sends, where both are one type */
  const keep = (message: DescMessage, suffix: string, make: () => JsonObject): JsonObject => {
    const owner = message.typeName + suffix;
    const short = message.name + suffix;
    const name = (owners.get(short) ?? owner) === owner ? short : owner;
    if (!owners.has(name)) {
      owners.set(name, owner);
      // In its place before it is made: a message may contain itself.
      schemas[name] = {};
      schemas[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const outField = ({ desc, value, isList, unset }: FieldForm): JsonObject => {
    const item = outValue(value, outRef);
    const schema = isList ? { type: "array", items: item } : unset === "null" ? orNull(item) : item;
    return { ...describe(comments[fullName(desc)]), ...schema };
  };
  const outShape = (message: DescMessage): Shape => {
    const { fields } = formOf(message);
    return {
      properties: Object.fromEntries(fields.map((it) => [it.name, outField(it)])),
      required: fields.filter((it) => it.unset !== "nothing").map((it) => it.name),
    };
  };
  const outRef = (message: DescMessage): JsonObject =>
    keep(message, "", () => objectSchema(outShape(message), comments[message.typeName]));

  const inField = (field: FieldForm): JsonObject => {
    const schema = parameter(field);
    const text = [comments[fullName(field.desc)], ...field.rules.notes.map((it) => `Rule: ${it}.`)];
    return {
      ...describe(text.filter(Boolean).join(" ")),
      ...(field.isRequired ? schema : orNull(schema)),
    };
  };
  const inSchema = (message: DescMessage, without: readonly FieldForm[]): JsonObject => {
    const fields = formOf(message).fields.filter((it) => !without.includes(it));
    const rules = getOption(message, messageOption).cel.map(
      (rule) => `Rule: ${rule.id} ${rule.message}.`,
    );
    return objectSchema(
      {
        properties: Object.fromEntries(fields.map((it) => [it.name, inField(it)])),
        required: fields.filter((it) => it.isRequired).map((it) => it.name),
      },
      [comments[message.typeName], ...rules].filter(Boolean).join(" "),
    );
  };
  const inNested = (message: DescMessage): JsonObject =>
    keep(message, "Input", () => inSchema(message, []));
  const parameter = (field: FieldForm): JsonObject => {
    const item = inValue(field, inNested);
    return field.isList ? { type: "array", items: item, ...field.rules.listKeywords } : item;
  };

  return {
    outRef,
    outShape,
    outField,
    inRef: (message, without = []) => keep(message, "", () => inSchema(message, without)),
    parameter,
    add(name, schema) {
      schemas[name] = schema;
      owners.set(name, "");
      return { $ref: `#/components/schemas/${name}` };
    },
    schemas: () => schemas,
  };
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

type Refer = (message: DescMessage) => JsonObject;

function inValue({ value, rules, isSecret }: FieldForm, refer: Refer): JsonObject {
  switch (value.kind) {
    case "message":
      return refer(value.form.desc);
    case "enum":
      return { type: "string", ...rules.keywords, enum: [...value.accepted] };
    case "integer": {
      const { minimum, maximum } = value;
      return integerSchema({ minimum, maximum, ...rules.keywords });
    }
    case "object":
      return {
        ...outValue(value, refer),
        propertyNames: { not: { enum: ["__proto__", "constructor", "prototype"] } },
        ...(value.limits && {
          "x-max-bytes": value.limits.maxBytes,
          "x-max-depth": value.limits.maxDepth,
        }),
      };
    default: {
      const hidden = isSecret ? { format: "password", writeOnly: true } : {};
      return { ...outValue(value, refer), ...hidden, ...rules.keywords };
    }
  }
}

function outValue(value: ValueForm, refer: Refer): JsonObject {
  switch (value.kind) {
    case "message":
      return refer(value.form.desc);
    case "enum":
      return { type: "string", enum: [...value.names.values()] };
    case "integer":
      return integerSchema({ minimum: value.minimum, maximum: value.maximum });
    case "time":
      return { type: "string", format: "date-time", examples: [timeExample] };
    case "object":
      return { type: "object", additionalProperties: true };
    default:
      return { type: value.kind };
  }
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

/** Without a format clients are generated with 32 bits and a sign. */
function integerSchema(range: JsonObject): JsonObject {
  const isSmall = Number(range.minimum) >= -0x8000_0000 && Number(range.maximum) <= 0x7fff_ffff;
  return { type: "integer", ...(!isSmall && { format: "int64" }), ...range };
}
