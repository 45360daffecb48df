import type { DescFile, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { ViolationSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { AccessSchema } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { comments as contractComments } from "#gen/comments.ts";
import { allErrorCodes } from "../errors.ts";
import { readEvents } from "../events.ts";
import { createSchemaBook, objectSchema, type SchemaBook } from "./json-schema.ts";
import type { DocumentOptions } from "./openapi.ts";

/** The AsyncAPI 3.0 document of the Socket.IO events that files, and what they import, declare. */
export function asyncapi(
  files: readonly DescFile[],
  { comments = contractComments, version = "v1" }: DocumentOptions = {},
): JsonObject {
  const book = createSchemaBook(comments);
  const failure = ackFailure(book);
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

  addMessage("AckFailure", "ack", "The event has failed; nothing else happens.", failure);
  for (const { name, toServer: isIncoming, option, payload, ack } of readEvents(files)) {
    addMessage(
      payload.name,
      name,
      text(payload),
      isIncoming ? book.inRef(payload) : book.outRef(payload),
    );
    addToChannel(name, name, [payload.name], `The event ${name}`);
    const reply = ack && addReply(name, ack);
    operations[`${isIncoming ? "on" : "emit"}${payload.name}`] = {
      action: isIncoming ? "receive" : "send",
      channel: { $ref: `#/channels/${name}` },
      summary: text(payload),
      messages: [{ $ref: `#/channels/${name}/messages/${payload.name}` }],
      "x-access": AccessSchema.value[option.access]?.localName.toLowerCase() ?? "",
      ...reply,
    };
  }

  function addReply(name: string, ack: DescMessage): JsonObject {
    const { properties, required } = book.outShape(ack);
    const success = objectSchema(
      {
        properties: { success: { const: true }, ...properties },
        required: ["success", ...required],
      },
      text(ack),
    );
    addMessage(ack.name, "ack", text(ack), book.add(`${ack.name}Ok`, success));
    const id = `${name}_ack`;
    addToChannel(id, null, [ack.name, "AckFailure"], `The acknowledgement of ${name}`);
    const shapes = [ack.name, "AckFailure"].map((it) => ({
      $ref: `#/channels/${id}/messages/${it}`,
    }));
    return {
      reply: { channel: { $ref: `#/channels/${id}` }, messages: shapes },
      "x-ack": { success: { $ref: `#/components/schemas/${ack.name}Ok` }, failure },
    };
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

function ackFailure(book: SchemaBook): JsonObject {
  return book.add(
    "AckFailure",
    objectSchema(
      {
        properties: {
          success: { const: false },
          code: { type: "string", enum: allErrorCodes() },
          message: { type: "string", description: "What went wrong, in words." },
          details: {
            type: "array",
            description: "On failed validation, each broken rule.",
            items: book.outRef(ViolationSchema),
          },
        },
        required: ["success", "code", "message"],
      },
      "Why an event failed.",
    ),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
