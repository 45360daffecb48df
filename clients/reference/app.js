// Shows the two documents. Every text goes in as text: nothing in them is taken for markup.

const nav = document.getElementById("nav");
const main = document.getElementById("main");

const { el, fieldTable, refName, resolve, row, sample } = globalThis.schemaView;

const code = (value) => el("pre", {}, el("code", {}, JSON.stringify(value, null, 2)));

const answer = (doc, status, given) => {
  const response = resolve(doc, given);
  const schema = response.content?.["application/json"]?.schema;
  const content = el(
    "div",
    {},
    schema ? el("p", { class: "soft text" }, resolve(doc, schema).description ?? "") : "",
    schema ? code(sample(doc, schema)) : "",
  );
  return el(
    "details",
    Number(status) < 300 ? { open: "" } : {},
    el(
      "summary",
      {},
      el("span", { class: "verb" }, status),
      el("span", { class: "soft" }, response.description ?? ""),
    ),
    content,
  );
};

const entry = ({ id, verb, verbClass, title, badge, summary, content }) => {
  const details = el(
    "details",
    { id },
    el(
      "summary",
      {},
      el("span", { class: `verb ${verbClass}` }, verb),
      el("code", {}, title),
      el("span", { class: "soft" }, summary ?? ""),
      el("span", { class: "badge" }, badge),
    ),
  );
  const text = `${verb} ${title} ${summary ?? ""}`.toLowerCase();
  // What is inside is made when it is first opened: the page stands at once.
  details.addEventListener("toggle", () => details.append(el("div", {}, ...content())), {
    once: true,
  });
  const link = el("a", { href: `#${id}` }, el("span", { class: verbClass }, verb), ` ${title}`);
  entries.push({ details, link, text });
  return { details, link };
};
const entries = [];

const section = (title, lead, made) => {
  const links = made.map((it) => it.link);
  const heading = el("h2", {}, title);
  nav.append(el("h2", {}, title), ...links);
  main.append(heading, el("p", { class: "lead" }, lead ?? ""), ...made.map((it) => it.details));
};

const showOperation = (doc, path, verb, operation) =>
  entry({
    id: operation.operationId,
    verb: verb.toUpperCase(),
    verbClass: verb,
    title: path,
    badge: operation.security?.length > 0 ? "signed in" : "anyone",
    summary: operation.summary,
    content: () => {
      const body = operation.requestBody?.content["application/json"].schema;
      const parameters = operation.parameters ?? [];
      return [
        el("p", { class: "text" }, operation.description ?? operation.summary ?? ""),
        ...(parameters.length > 0
          ? [
              el("h3", {}, "Parameters"),
              el(
                "table",
                {},
                ...parameters.map((it) =>
                  row(
                    doc,
                    it.name,
                    { ...it.schema, description: it.description },
                    it.required,
                    it.in,
                  ),
                ),
              ),
            ]
          : []),
        ...(body
          ? [
              el("h3", {}, `Body: ${refName(body) ?? ""}`),
              el("p", { class: "soft" }, resolve(doc, body).description ?? ""),
              fieldTable(doc, body),
            ]
          : []),
        el("h3", {}, "Answers"),
        ...Object.entries(operation.responses).map(([status, it]) => answer(doc, status, it)),
      ];
    },
  });

const showRest = (doc) => {
  main.append(
    el("h1", {}, doc.info.title),
    el("p", { class: "lead" }, `Version ${doc.info.version}. ${doc.info.description} `),
    el(
      "p",
      {},
      el("a", { href: "/openapi.json" }, "openapi.json"),
      " · ",
      el("a", { href: "/asyncapi.json" }, "asyncapi.json"),
    ),
  );
  const all = Object.entries(doc.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => ({ path, verb, operation })),
  );
  for (const tag of doc.tags) {
    const own = all.filter(({ operation }) => operation.tags?.includes(tag.name));
    section(
      tag.name,
      tag.description,
      own.map(({ path, verb, operation }) => showOperation(doc, path, verb, operation)),
    );
  }
};

const showEvent = (doc, id, operation) => {
  const message = resolve(doc, resolve(doc, operation.messages[0]));
  const isIncoming = operation.action === "receive";
  return entry({
    id: `event-${id}`,
    verb: isIncoming ? "SEND" : "LISTEN",
    verbClass: isIncoming ? "post" : "get",
    title: message.name,
    badge: operation["x-access"] === "anyone" ? "anyone" : "signed in",
    summary: operation.summary,
    content: () => {
      const ack = operation["x-ack"];
      return [
        el("h3", {}, "Payload"),
        fieldTable(doc, message.payload),
        code(sample(doc, message.payload)),
        ...(ack
          ? [
              el("h3", {}, "Acknowledgement"),
              fieldTable(doc, ack.success),
              code(sample(doc, ack.success)),
              el("h3", {}, "Acknowledgement of a failure"),
              el("p", { class: "soft text" }, resolve(doc, ack.failure).description ?? ""),
              code(sample(doc, ack.failure)),
            ]
          : []),
      ];
    },
  });
};

const showEvents = (doc) => {
  const all = Object.entries(doc.operations);
  const of = (action) =>
    all.filter(([, it]) => it.action === action).map(([id, it]) => showEvent(doc, id, it));
  section("Events: client to server", doc.info.description, of("receive"));
  section("Events: server to client", "Listen for these.", of("send"));
};

const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
};

const load = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
};

try {
  const [rest, events] = await Promise.all([load("/openapi.json"), load("/asyncapi.json")]);
  const filter = el("input", { type: "search", placeholder: "Filter", "aria-label": "Filter" });
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const { details, link, text } of entries) {
      details.hidden = !text.includes(wanted);
      link.hidden = details.hidden;
    }
  });
  main.replaceChildren();
  nav.append(el("strong", {}, "Aetherconnect API"), filter);
  showRest(rest);
  showEvents(events);
  addEventListener("hashchange", openTarget);
  openTarget();
} catch (error) {
  main.replaceChildren(el("p", {}, `The documents could not be read: ${error.message}`));
}
