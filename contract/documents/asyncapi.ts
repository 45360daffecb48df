import type { DescFile, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { AccessSchema } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { comments as contractComments } from "#gen/comments.ts";
import type { ErrorCode } from "../errors.ts";
import { type EventDeclaration, readEvents } from "../events.ts";
import { failuresOf } from "../failures.ts";
import { CONTRACT_VERSION } from "../root.ts";
import { describeCodes, violations } from "./answers.ts";
import { createSchemaBook, objectSchema } from "./json-schema.ts";
import type { DocumentOptions } from "./openapi.ts";

/** The AsyncAPI 3.0 document of the Socket.IO events that files, and what they import, declare. */
export function asyncapi(
  files: readonly DescFile[],
  { comments = contractComments, version = CONTRACT_VERSION }: DocumentOptions = {},
): JsonObject {
  const book = createSchemaBook(comments);
  const channels: Record<string, JsonObject> = {};
  const operations: JsonObject = {};
  const messages: JsonObject = {};
  const text = (desc: DescMessage) => comments[desc.typeName] ?? desc.name;

  const addMessage = (name: string, event: string, summary: string, payload: JsonObject) => {
    messages[name] = {
      name: event,
      title: name,
      summary,
      contentType: "application/json",
      payload,
    };
  };
  const addToChannel = (id: string, address: string | null, names: string[], title: string) => {
    const refs = names.map((name) => [name, { $ref: `#/components/messages/${name}` }]);
    const known = channels[id]?.messages;
    channels[id] = {
      address,
      title,
      messages: { ...(isObject(known) && known), ...Object.fromEntries(refs) },
    };
  };

  for (const event of readEvents(files)) {
    const { name, toServer: isIncoming, option, payload, ack } = event;
    addMessage(
      payload.name,
      name,
      text(payload),
      isIncoming ? book.inRef(payload) : book.outRef(payload),
    );
    addToChannel(name, name, [payload.name], `The event ${name}`);
    const reply = ack && addReply(event, ack);
    operations[`${isIncoming ? "on" : "emit"}${payload.name}`] = {
      action: isIncoming ? "receive" : "send",
      channel: { $ref: `#/channels/${name}` },
      summary: text(payload),
      messages: [{ $ref: `#/channels/${name}/messages/${payload.name}` }],
      "x-access": AccessSchema.value[option.access]?.localName.toLowerCase() ?? "",
      ...reply,
    };
  }

  function addReply(event: EventDeclaration, ack: DescMessage): JsonObject {
    const { properties, required } = book.outShape(ack);
    const success = objectSchema(
      {
        properties: { success: { const: true }, ...properties },
        required: ["success", ...required],
      },
      text(ack),
    );
    const failure = ackFailure(`${event.payload.name}Failure`, failuresOf(event));
    addMessage(ack.name, "ack", text(ack), book.add(`${ack.name}Ok`, success));
    addMessage(failure.name, "ack", "The event has failed; nothing else happens.", failure.ref);
    const id = `${event.name}_ack`;
    addToChannel(id, null, [ack.name, failure.name], `The acknowledgement of ${event.name}`);
    const shapes = [ack.name, failure.name].map((it) => ({
      $ref: `#/channels/${id}/messages/${it}`,
    }));
    return {
      reply: { channel: { $ref: `#/channels/${id}` }, messages: shapes },
      "x-ack": {
        success: { $ref: `#/components/schemas/${ack.name}Ok` },
        failure: failure.ref,
      },
    };
  }

  function ackFailure(name: string, codes: Iterable<ErrorCode>) {
    const properties = {
      success: { const: false },
      code: { type: "string", enum: [...codes] },
      message: { type: "string", description: "What went wrong, in words." },
      details: violations(book),
    };
    const required = ["success", "code", "message"];
    const schema = objectSchema({ properties, required }, describeCodes(comments, codes));
    return { name, ref: book.add(name, schema) };
  }

  return {
    asyncapi: "3.0.0",
    info: {
      title: "Aetherconnect events",
      version,
      description:
        "The Socket.IO events of the message service, also through the gateway, derived from the contract in proto/. Every event of a client may carry an acknowledgement callback; without one a failure arrives as the event error. Operations are named from the server's side.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      message: socketServer("localhost:3001", "The message service."),
      gateway: socketServer("localhost:3000", "The gateway, which passes everything on."),
    },
    channels,
    operations,
    components: {
      schemas: book.schemas(),
      messages,
      securitySchemes: {
        wsToken: {
          type: "apiKey",
          in: "password",
          description: "auth.token of the handshake: the token of GET /api/auth/ws-token.",
        },
      },
    },
  };
}

function socketServer(host: string, description: string): JsonObject {
  return {
    host,
    protocol: "socket.io",
    pathname: "/socket.io/",
    description,
    security: [{ $ref: "#/components/securitySchemes/wsToken" }],
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
