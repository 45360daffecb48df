import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageStore } from "#message/store/store.ts";
import { codeOf, newUser } from "./store-suite-drafts.ts";

/** What the interface promises of blocks. */
export function testBlocks(stores: () => { store: MessageStore; other: MessageStore }): void {
  describe("blocks", () => {
    test("are kept in order, each once, until they end", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      await store.block(ada, eve);
      await Promise.all([store.block(ada, bob), other.block(ada, bob), other.block(ada, eve)]);
      await other.block(bob, ada);
      assert.deepEqual(await other.listBlocks(ada), [eve, bob]);
      await other.unblock(ada, eve);
      await other.unblock(ada, eve);
      assert.deepEqual(await store.listBlocks(ada), [bob]);
      assert.deepEqual(await store.listBlocks(bob), [ada]);
    });
  });
}

/** @param fill blocks so many users, "u1" among them */
export async function testFullBlocks(
  store: MessageStore,
  fill: (userId: string, count: number) => Promise<unknown>,
): Promise<void> {
  const user = newUser();
  await fill(user, 999);
  await store.block(user, newUser());
  assert.equal(await codeOf(store.block(user, newUser())), "LIMIT_REACHED");
  assert.equal(await codeOf(store.block(user, "u1")), "OK", "blocked already");
  await store.unblock(user, "u1");
  assert.equal(await codeOf(store.block(user, newUser())), "OK");
}
