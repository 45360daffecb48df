// Shows schemas as tables and as samples; app.js takes these from the global that they end in.

const el = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  made.append(...children.filter((it) => it !== undefined && it !== ""));
  return made;
};

const resolve = (doc, value) => {
  let found = value;
  while (found?.$ref) {
    const { $ref, ...rest } = found;
    const target = $ref
      .slice(2)
      .split("/")
      .reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
    found = { ...target, ...rest };
  }
  return found ?? {};
};

const refName = (value) => value?.$ref?.split("/").at(-1);

const typeOf = (doc, schema) => {
  const name = refName(schema);
  if (name) return name;
  if (schema.anyOf) return schema.anyOf.map((it) => typeOf(doc, it)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((it) => JSON.stringify(it)).join(" | ");
  if (schema.type === "array") return `${typeOf(doc, schema.items)}[]`;
  const types = [schema.type ?? "any"].flat().join(" | ");
  return schema.format ? `${types} (${schema.format})` : types;
};

const limits = (schema) =>
  [
    ["minLength", "at least %s long"],
    ["maxLength", "at most %s long"],
    ["minimum", "from %s"],
    ["maximum", "to %s"],
    ["maxItems", "at most %s items"],
    ["pattern", "matches %s"],
    ["x-max-bytes", "at most %s bytes of JSON"],
    ["x-max-depth", "at most %s levels"],
  ]
    .filter(([key]) => schema[key] !== undefined && schema[key] !== 4294967295)
    .map(([key, text]) => text.replace("%s", () => schema[key]))
    .join(", ");

const row = (doc, name, given, isNeeded, note) => {
  const schema = given.$ref ? given : resolve(doc, given);
  return el(
    "tr",
    {},
    el(
      "td",
      {},
      el("code", {}, name),
      " ",
      isNeeded ? el("span", { class: "needed" }, "required") : "",
    ),
    el(
      "td",
      {},
      el(
        "span",
        { class: "soft" },
        [note, typeOf(doc, schema), limits(schema)].filter(Boolean).join(" · "),
      ),
      el("br"),
      schema.description ?? "",
    ),
  );
};

const fieldTable = (doc, schema) => {
  const { properties = {}, required = [] } = resolve(doc, schema);
  const rows = Object.entries(properties).map(([name, it]) =>
    row(doc, name, it, required.includes(name)),
  );
  return rows.length > 0 ? el("table", {}, ...rows) : el("p", { class: "soft" }, "No fields.");
};

const sample = (doc, given, depth = 0) => {
  const schema = resolve(doc, given);
  if ("const" in schema) return schema.const;
  if (schema.examples) return schema.examples[0];
  if (schema.anyOf) return sample(doc, schema.anyOf[0], depth);
  if (schema.allOf && !schema.type) {
    return Object.assign({}, ...schema.allOf.map((it) => sample(doc, it, depth)));
  }
  if (schema.enum) return schema.enum[0];
  const [type] = [schema.type ?? "object"].flat();
  if (type === "array") return depth > 5 ? [] : [sample(doc, schema.items, depth + 1)];
  if (type === "string") return "…";
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, 1);
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, it]) => [name, sample(doc, it, depth + 1)]),
  );
};

globalThis.schemaView = { el, fieldTable, refName, resolve, row, sample };
