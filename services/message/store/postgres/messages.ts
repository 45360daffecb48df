import type { Kysely } from "kysely";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { rowToMessage } from "./rows.ts";
import { type Database, messageColumns } from "./schema.ts";

export async function listMessages(
  db: Kysely<Database>,
  roomId: string,
  from: number,
  to: number,
): Promise<Message[]> {
  const rows = await db
    .selectFrom("messages")
    .select(messageColumns)
    .where("roomId", "=", roomId)
    .where("seq", ">=", from)
    .where("seq", "<=", to)
    .orderBy("seq")
    .execute();
  return rows.map(rowToMessage);
}
