import type { TestDatabase } from "#tools/rig/database.ts";

/** Puts messages 2, 3 … into the store, made like message 1 of the room, which must be there. */
export async function fillRoom(
  { query }: TestDatabase,
  roomId: string,
  count: number,
): Promise<void> {
  const columns = await query(
    `select column_name as name from information_schema.columns
      where table_schema = 'message' and table_name = 'messages' and is_generated = 'NEVER'`,
  );
  const made: Record<string, string> = {
    id: "substr(md5(room_id || n), 1, 24)",
    seq: "n",
    content: "'message ' || n",
    send_key: "'key-' || n",
  };
  const names = columns.map(({ name }) => String(name));
  await query(
    `insert into message.messages (${names.join(", ")})
      select ${names.map((name) => made[name] ?? name).join(", ")}
      from message.messages, generate_series(2, ${count}) as n where room_id = $1 and seq = 1`,
    [roomId],
  );
  await query("update message.rooms set last_seq = $2 where id = $1", [roomId, count]);
}
