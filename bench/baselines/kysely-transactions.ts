import { Kysely, PostgresDialect } from "kysely";
import { Pool } from "pg";
import { newId } from "#message/store/ids.ts";
import type { NewMessage } from "#message/store/store.ts";

interface Tables {
  rooms: { id: string; last_seq: number };
  messages: {
    room_id: string;
    seq: number;
    id: string;
    user_id: string;
    username: string;
    content: string;
    message_type: number;
    metadata: string | null;
    send_key: string;
    created_at: Date;
    updated_at: Date;
  };
}

/** One way to store messages, the usual one. */
export interface Transactions extends AsyncDisposable {
  append: (message: NewMessage) => Promise<number>;
}

/**
 * One Kysely transaction per message on the same tables: takes the room's next number, inserts
 * the row, commits. It leaves out what the store does besides: it looks up neither the
 * membership nor an earlier message of the same `clientMessageId`.
 */
export function openTransactions(url: string, poolSize: number): Transactions {
  const pool = new Pool({ connectionString: url, max: poolSize });
  const root = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const db = root.withSchema("message");
  return {
    append: (message) =>
      db.transaction().execute(async (trx) => {
        const { last_seq: seq } = await trx
          .updateTable("rooms")
          .set((eb) => ({ last_seq: eb("last_seq", "+", 1) }))
          .where("id", "=", message.roomId)
          .returning("last_seq")
          .executeTakeFirstOrThrow();
        const id = newId();
        const at = new Date();
        await trx
          .insertInto("messages")
          .values({
            room_id: message.roomId,
            seq,
            id,
            user_id: message.userId,
            username: message.username,
            content: message.content,
            message_type: message.messageType,
            metadata: null,
            send_key: message.clientMessageId ?? `#${id}`,
            created_at: at,
            updated_at: at,
          })
          .execute();
        return seq;
      }),
    [Symbol.asyncDispose]: () => root.destroy(),
  };
}
