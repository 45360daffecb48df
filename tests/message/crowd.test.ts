import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTestMongo, withoutMongo } from "#tools/rig/mongo.ts";
import { collect, range, startServicesWithStandIn, type TestSocket } from "./harness/services.ts";
import { join } from "./harness/talk.ts";

const size = 200;

async function joinAtOnce(mongodbUri?: string): Promise<void> {
  await using services = await startServicesWithStandIn({ mongodbUri });
  const ada = await services.auth.newUser();
  const users = await Promise.all(range(1, size).map(() => services.auth.newUser()));
  const roomId = await services.newRoom([ada]);
  const sockets: TestSocket[] = [];
  for (const user of users) sockets.push(await services.connect(user));
  const got = sockets.map(collect);
  const { rooms, messages } = services.rpc(ada);

  const acks = await Promise.all(sockets.map((socket) => join(socket, roomId)));
  for (const { room } of acks) assert.ok(room.memberCount > 1 && room.memberCount <= size + 1);
  assert.equal((await rooms.getRoom({ roomId })).room?.memberCount, size + 1);
  await messages.sendMessage({ roomId, content: "welcome" });
  await Promise.all(got.map((it) => it.until(1)));

  // All come back, and ask for the same.
  const again = await Promise.all(sockets.map((socket) => join(socket, roomId, 0)));
  for (const { seqs, hasMore } of again) assert.deepEqual([seqs, hasMore], [[1], false]);
}

describe("a crowd that joins a new room in one moment is let in", () => {
  test("on PostgreSQL", () => joinAtOnce());

  test("on MongoDB", { skip: withoutMongo }, async () => {
    await using database = await createTestMongo();
    await joinAtOnce(database.uri);
  });
});
