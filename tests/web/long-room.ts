import type { Page } from "playwright-core";
import type { TestDatabase } from "#tools/rig/database.ts";
import { messageOf, type Person, type Stage } from "./stage.ts";
import { takeFrames, untilSteady, watchList } from "./watched-list.ts";

export interface LongRoom {
  id: string;
  bob: Person;
  /** A page that shows its end; `prepare` is run on it first. */
  open: (size: Size, prepare?: () => void) => Promise<Page>;
  /** It is looked at in each frame then. */
  openWatched: LongRoom["open"];
}

interface Size {
  width: number;
  height: number;
}

/** A room of two with so many messages, all read. */
export async function createLongRoom(stage: Stage, count: number): Promise<LongRoom> {
  const [ada, bob] = [await stage.person("Ada"), await stage.person("Bob")];
  const created = await ada.api.post("/api/rooms", { name: "long", roomType: "private" });
  const { id } = created.body.room;
  await ada.api.post(`/api/rooms/${id}/members`, { userId: bob.id });
  await fillLongRoom(stage.platform.database, id, [ada, bob], count);

  const open: LongRoom["open"] = async (size, prepare) => {
    const page = await ada.context.newPage();
    if (prepare) await page.addInitScript(prepare);
    await page.setViewportSize(size);
    await page.goto(`${stage.webUrl}/rooms/${id}`);
    await messageOf(page, `${count} says`).waitFor();
    await page.mouse.move(600, size.height / 2);
    return page;
  };
  const openWatched: LongRoom["open"] = async (...args) => {
    const page = await open(...args);
    await watchList(page);
    await untilSteady(page);
    await takeFrames(page);
    return page;
  };
  return { id, bob, open, openWatched };
}

/**
 * Puts messages straight into the store, as those of an empty room that everybody has read: runs
 * by one sender, days, one line and many, reactions. Each begins with its number.
 */
async function fillLongRoom(
  { query }: TestDatabase,
  roomId: string,
  [one, other]: [Person, Person],
  count: number,
): Promise<void> {
  const reactions = `[["👍",1,["${one.id}"]],["🎉",1,["${other.id}"]]]`;
  await query(
    `insert into message.messages (room_id, seq, id, user_id, username, content, message_type,
       send_key, created_at, updated_at, revision, changes)
     select $1, n, id, user_id, username, n || text, 1, '#' || id, at, at, revision,
       case when revision > 0
         then '{"revision":' || revision || ',"change":1,"changedBy":"' || $2 || '","reactions":${reactions}}'
       end
     from generate_series(1, $6::int) n,
       lateral (select
         substr($1, 1, 16) || lpad(to_hex(n), 8, '0') as id,
         case when n / 5 % 2 = 0 then $2 else $4 end as user_id,
         case when n / 5 % 2 = 0 then $3 else $5 end as username,
         case
           when n % 17 = 0 then repeat(E'\\nanother line', n % 9)
           when n % 11 = 0 then repeat(' and so on', n % 60)
           else ' says little'
         end as text,
         now() - ($6 - n) * interval '2 minutes' as at,
         case when n % 13 = 0 then n / 13 else 0 end as revision) as made`,
    [roomId, one.id, one.name, other.id, other.name, count],
  );
  const room = [roomId, count];
  await query(
    "update message.rooms set last_seq = $2, last_revision = $2 / 13 where id = $1",
    room,
  );
  await query("update message.memberships set read_seq = $2 where room_id = $1", room);
}
