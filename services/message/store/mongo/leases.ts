import { randomUUID } from "node:crypto";
import type { Types } from "mongoose";
import { budgets } from "#common/budgets.ts";
import { pause } from "#common/deadline.ts";
import type { Mongo } from "./schema.ts";

/**
 * Writers of one room in several processes would keep colliding under the unique index. Where
 * that has been seen, each takes a short lease first. It only saves work: the index decides.
 */
export interface Leases {
  /** Takes the lease of a contested room, or goes without after a while. Disposing ends it. */
  take: (roomId: Types.ObjectId) => Promise<Disposable | undefined>;
  /** The room's last number, as read before writing. */
  sawLast: (roomId: Types.ObjectId, seq: number) => void;
  wroteLast: (roomId: Types.ObjectId, seq: number) => void;
  collided: (roomId: Types.ObjectId) => void;
}

interface Known {
  last: number | undefined;
  contestedUntil: number;
}

const { roomLease, roomLeaseWait } = budgets.database;
const maxPauseMs = 20;
const contestedMs = 5_000;
const maxKnown = 20_000;

/** @param onCollision is called each time that another had taken numbers first */
export function createLeases({ rooms }: Pick<Mongo, "rooms">, onCollision: () => void): Leases {
  const known = new Map<string, Known>();
  const stateOf = (roomId: Types.ObjectId) => {
    const key = roomId.toHexString();
    let state = known.get(key);
    if (!state) {
      if (known.size >= maxKnown) known.delete(known.keys().next().value ?? "");
      state = { last: undefined, contestedUntil: 0 };
      known.set(key, state);
    }
    return state;
  };
  const contest = (state: Known) => {
    state.contestedUntil = performance.now() + contestedMs;
  };

  /** The server's clock alone counts, so that ours may be apart. */
  const acquire = (roomId: Types.ObjectId, owner: string) =>
    rooms
      .findOneAndUpdate(
        {
          _id: roomId,
          $or: [{ leaseUntil: null }, { $expr: { $lt: ["$leaseUntil", "$$NOW"] } }],
        },
        [{ $set: { leaseOwner: owner, leaseUntil: { $add: ["$$NOW", roomLease] } } }],
        { updatePipeline: true, projection: { _id: 1 }, writeConcern: { w: 1 } },
      )
      .lean();
  const release = (roomId: Types.ObjectId, owner: string) =>
    rooms
      .updateOne(
        { _id: roomId, leaseOwner: { $eq: owner } },
        { $unset: { leaseOwner: 1, leaseUntil: 1 } },
        { writeConcern: { w: 1 } },
      )
      // It ends by itself.
      .catch(() => {});

  return {
    async take(roomId) {
      if (stateOf(roomId).contestedUntil < performance.now()) return undefined;
      const owner = randomUUID();
      const goAt = performance.now() + roomLeaseWait;
      while (!(await acquire(roomId, owner))) {
        if (performance.now() > goAt) return undefined;
        await pause(Math.random() * maxPauseMs);
      }
      return { [Symbol.dispose]: () => void release(roomId, owner) };
    },
    sawLast(roomId, seq) {
      const state = stateOf(roomId);
      if (state.last !== undefined && state.last !== seq) contest(state);
    },
    wroteLast(roomId, seq) {
      stateOf(roomId).last = seq;
    },
    collided(roomId) {
      onCollision();
      const state = stateOf(roomId);
      state.last = undefined;
      contest(state);
    },
  };
}
