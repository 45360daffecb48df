import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { file_aetherconnect_realtime_v1_realtime as realtime } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { asyncapi } from "../documents/asyncapi.ts";
import { openapi } from "../documents/openapi.ts";
import { accessTable } from "./access-table.ts";

/** The documents of the contract as they are committed: file name → text. */
export function documents(): Map<string, string> {
  const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
  return new Map([
    ["openapi.json", text(openapi([AuthService, RoomService, MessageService]))],
    ["asyncapi.json", text(asyncapi([realtime]))],
  ]);
}

/** The page that says who may call what. */
export function accessDocument(): string {
  return accessTable([AuthService, RoomService, MessageService]);
}

/** Writes the documents into a folder. */
export function writeDocuments(folder: string): void {
  for (const [name, text] of documents()) writeFileSync(join(folder, name), text);
}
