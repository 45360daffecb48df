import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "pg";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { codeOf, range, setStageWithStandIn } from "./harness/stage.ts";

const stage = await shared(setStageWithStandIn());

/** Holds a room's row, so that changes of its members wait in the order in which they come. */
async function holdRoom(roomId: string) {
  const client = new Client({ connectionString: stage.database.url });
  await client.connect();
  await client.query("begin");
  await client.query("select from message.rooms where id = $1 for update", [roomId]);
  return {
    async untilWaiting(count: number) {
      let waiting = 0;
      while (waiting < count) {
        const [row] = await stage.database.query(
          `select count(*)::int as count from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        );
        waiting = Number(row?.count);
      }
    },
    async [Symbol.asyncDispose]() {
      await client.query("rollback");
      await client.end();
    },
  };
}

describe("adding members", () => {
  test("is refused to one who is removed before it happens", async () => {
    const [ada, bob, eve] = [
      await stage.auth.newUser(),
      await stage.auth.newUser(),
      await stage.auth.newUser(),
    ];
    // An instance lets changes of one room wait for each other; two meet in the database only.
    await using another = await stage.startAnother();
    for (const whom of [{ userId: eve.id }, { username: eve.username }]) {
      const roomId = await stage.newRoom([ada, bob], RoomType.PRIVATE);
      let removing: Promise<unknown>;
      let adding: Promise<string>;
      {
        await using room = await holdRoom(roomId);
        removing = stage.rpc(ada).rooms.removeMember({ roomId, userId: bob.id });
        await room.untilWaiting(1);
        adding = codeOf(stage.rpc(bob, another.rpcUrl).rooms.addMember({ roomId, ...whom }));
        await room.untilWaiting(2);
      }
      await removing;
      assert.equal(await adding, "ROOM_NOT_FOUND");
      const { room } = await stage.rpc(ada).rooms.getRoom({ roomId });
      assert.deepEqual(room?.members, [ada.id]);
    }
  });

  test("is limited for each who adds, whether there is such a user or not", async () => {
    const [ada, bob] = [await stage.auth.newUser(), await stage.auth.newUser()];
    const roomId = await stage.newRoom([ada, bob], RoomType.PRIVATE);
    const { rooms } = stage.rpc(bob);
    const codes = await Promise.all(
      range(1, 305).map((n) => codeOf(rooms.addMember({ roomId, userId: `${90_000 + n}` }))),
    );
    assert.equal(codes.filter((it) => it === "USER_NOT_FOUND").length, 300);
    assert.equal(codes.filter((it) => it === "RATE_LIMITED").length, 5);
    assert.equal(await codeOf(rooms.addMember({ roomId, userId: ada.id })), "RATE_LIMITED");
    const added = await stage.rpc(ada).rooms.addMember({ roomId, userId: bob.id });
    assert.equal(added.room?.memberCount, 2, "others aren't held up");
  });
});
