import type { BrowserContext } from "playwright-core";

/** What 1.1 has added to rooms, messages and the ack of a join. */
const addedFields = new Set([
  ...["lastRevision", "membership", "peer", "lastMessage", "changes", "revision", "editedAt"],
  ...["deletedAt", "deletedBy", "reactions", "replyTo", "threadSeq", "replyCount", "lastReplyAt"],
  ...["mentions", "mentionsRoom", "pinnedAt", "pinnedBy", "showPresence"],
]);
const addedPaths =
  /\/(mentions|blocks|direct-messages|messages\/.+|pins.*|read|unread|reads|notify|block)$/;
const eventsOf10 = ["join_room", "leave_room", "send_message", "typing_start", "typing_stop"];

const withoutAdded = (json: string) =>
  JSON.stringify(
    JSON.parse(json, (key, value: unknown) => (addedFields.has(key) ? undefined : value)),
  );

/** What the server says comes to these pages as contract 1.0 has it; what that hasn't is refused. */
export async function looksLikeContract10(context: BrowserContext): Promise<void> {
  await context.route("**/api/**", async (route) => {
    const url = new URL(route.request().url());
    // What isn't known of a query is passed over.
    url.searchParams.delete("thread");
    const response = await route.fetch({ url: url.href });
    const refusal = { success: false, code: "NOT_FOUND", message: "Not found" };
    if (addedPaths.test(url.pathname)) {
      return route.fulfill({ response, status: 404, body: JSON.stringify(refusal) });
    }
    await route.fulfill({ response, body: withoutAdded(await response.text()) });
  });
  await onSocket(context, {
    sent({ text, event, ack }) {
      const isKnown = event === undefined || eventsOf10.includes(event);
      if (isKnown && !/"(mentions|mentionsRoom|replyTo)":/.test(text)) return undefined;
      return `43${ack}[{"success":false,"code":"VALIDATION_FAILED","message":"Unknown event"}]`;
    },
    heard: withoutAdded,
  });
}

/**
 * Answers name a later contract, rooms are of a type that this one hasn't, and one message is
 * refused for such a reason.
 */
export async function looksLikeALaterContract(context: BrowserContext): Promise<void> {
  await context.route("**/api/**", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), "contract-version": "1.999.0" };
    await route.fulfill({ response, headers });
  });
  await onSocket(context, {
    sent({ text, ack }) {
      if (!text.includes("Refuse this")) return undefined;
      return `43${ack}[{"success":false,"code":"LATER","message":"For a reason of a later contract"}]`;
    },
    heard: (json) => json.replaceAll('"roomType":"private"', '"roomType":"tavern","later":[{}]'),
  });
}

/** One message comes without what every contract says of it, once. */
export async function breaksTheContract(context: BrowserContext): Promise<void> {
  await onSocket(context, {
    sent: () => undefined,
    heard: (json) =>
      json.startsWith('["new_message"')
        ? json.replace('"content":"Break this"', '"content":null')
        : json,
  });
}

interface Sent {
  text: string;
  event: string | undefined;
  ack: string;
}

interface Changes {
  /** What a page gets in the server's place as an answer to what it sends. */
  sent: (packet: Sent) => string | undefined;
  /** What becomes of an event or an answer of the server. */
  heard: (json: string) => string;
}

/** Stands between pages and the server's Socket.IO, whose packets are a type, an id and JSON. */
async function onSocket(context: BrowserContext, { sent, heard }: Changes): Promise<void> {
  await context.routeWebSocket(/\/socket\.io\//, (page) => {
    const server = page.connectToServer();
    page.onMessage((message) => {
      const text = String(message);
      const [, ack = "", event] = /^42(\d*)\["(\w+)"/.exec(text) ?? [];
      const answer = sent({ text, event, ack });
      if (answer) page.send(answer);
      else server.send(message);
    });
    server.onMessage((message) => {
      const [, type, json] = /^(4[23]\d*)(\[.*)$/s.exec(String(message)) ?? [];
      page.send(json ? `${type}${heard(json)}` : message);
    });
  });
}
