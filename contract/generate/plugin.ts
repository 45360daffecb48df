/**
 * Our protoc plugin. It writes, from the options and comments of the contract,
 *   gen/socket-events.ts  the Socket.IO maps, typed for both ends and for handlers
 *   gen/comments.ts       the comment of every element, for the documents
 */
import { createEcmaScriptPlugin, runNodeJs } from "@bufbuild/protoplugin";
import { generateComments } from "./comments.ts";
import { requireErrorEntries } from "./error-entries.ts";
import { generateSocketEvents } from "./socket-events.ts";

runNodeJs(
  createEcmaScriptPlugin({
    name: "protoc-gen-aetherconnect",
    version: "v1",
    generateTs(schema) {
      requireErrorEntries(schema);
      generateSocketEvents(schema);
      generateComments(schema);
    },
  }),
);
