import type { Client } from "pg";

/**
 * Puts messages 1 to `count` into an empty room, a second apart and the last one now, consistent
 * with its `last_seq`. Whoever has filled all rooms lets the tables settle.
 * @param content what stands in message `i`, as an expression of SQL
 */
export async function fillRoom(
  client: Client,
  roomId: string,
  count: number,
  content: string,
): Promise<void> {
  await client.query(
    `insert into message.messages (room_id, seq, id, user_id, username, content, message_type,
      metadata, send_key, created_at, updated_at)
     select $1, i, made.id, '1', 'Ada Lovelace', ${content}, 1, null, '#' || made.id,
       now() - make_interval(secs => $2::int - i), now()
     from generate_series(1, $2::int) i
     cross join lateral (select substr($1, 9) || lpad(to_hex(i), 8, '0') as id) made`,
    [roomId, count],
  );
  await client.query("update message.rooms set last_seq = $2 where id = $1", [roomId, count]);
}

/** Tables as they are after a while: what was filled in is planned for, and written to disk. */
export async function settle(client: Client): Promise<void> {
  await client.query("vacuum analyze");
  await client.query("checkpoint");
}
