import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "pg";
import { fromConnectError } from "#common/rpc/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { codeOf, range, startServicesWithStandIn } from "./harness/services.ts";

const services = await shared(startServicesWithStandIn());

/** Holds a room's row, so that changes of its members wait in the order in which they come. */
async function holdRoom(roomId: string) {
  const client = new Client({ connectionString: services.database.url });
  await client.connect();
  await client.query("begin");
  await client.query("select from message.rooms where id = $1 for update", [roomId]);
  return {
    async untilWaiting(count: number, signal: AbortSignal) {
      for (let waiting = 0; waiting < count && !signal.aborted; ) {
        // What a transaction has seen of others stays as it is until then.
        await client.query("select pg_stat_clear_snapshot()");
        const { rows } = await client.query(
          `select count(*)::int as count from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        );
        waiting = rows[0].count;
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
      await services.auth.newUser(),
      await services.auth.newUser(),
      await services.auth.newUser(),
    ];
    // An instance lets changes of one room wait for each other; two meet in the database only.
    await using another = await services.startAnother();
    /** Answers false where a busy machine has let the removal wait for longer than a statement may. */
    const removedBeforeAdding = async (whom: { userId: string } | { username: string }) => {
      const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
      const over = new AbortController();
      let removing: Promise<unknown>;
      let adding: Promise<string>;
      {
        await using room = await holdRoom(roomId);
        const remove = services.rpc(ada).rooms.removeMember({ roomId, userId: bob.id });
        removing = remove.finally(() => over.abort());
        removing.catch(() => undefined);
        await room.untilWaiting(1, over.signal);
        adding = codeOf(services.rpc(bob, another.rpcUrl).rooms.addMember({ roomId, ...whom }));
        adding.catch(() => undefined);
        await room.untilWaiting(2, over.signal);
      }
      const [removed, added] = await Promise.allSettled([removing, adding]);
      if (removed.status === "rejected") {
        assert.equal(fromConnectError(removed.reason).code, "UNAVAILABLE");
        return false;
      }
      assert.deepEqual(added, { status: "fulfilled", value: "ROOM_NOT_FOUND" });
      const { room } = await services.rpc(ada).rooms.getRoom({ roomId });
      assert.deepEqual(room?.members, [ada.id]);
      return true;
    };
    for (const whom of [{ userId: eve.id }, { username: eve.username }]) {
      while (!(await removedBeforeAdding(whom)));
    }
  });

  test("is limited for each who adds, whether there is such a user or not", async () => {
    const [ada, bob] = [await services.auth.newUser(), await services.auth.newUser()];
    const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
    const { rooms } = services.rpc(bob);
    const codes = await Promise.all(
      range(1, 305).map((n) => codeOf(rooms.addMember({ roomId, userId: `${90_000 + n}` }))),
    );
    assert.equal(codes.filter((it) => it === "USER_NOT_FOUND").length, 300);
    assert.equal(codes.filter((it) => it === "RATE_LIMITED").length, 5);
    assert.equal(await codeOf(rooms.addMember({ roomId, userId: ada.id })), "RATE_LIMITED");
    const added = await services.rpc(ada).rooms.addMember({ roomId, userId: bob.id });
    assert.equal(added.room?.memberCount, 2, "others aren't held up");
  });
});
