import { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { presenceKeptMs } from "../presences.ts";
import type { PresenceChange, Seen } from "../store.ts";
import type { Mongo } from "./schema.ts";

export async function renewPresences(
  db: Mongo,
  instanceId: string,
  lifetimeMs: number,
): Promise<boolean> {
  const before = await db.presenceInstances
    .findOneAndUpdate(
      { _id: { $eq: instanceId } },
      [{ $set: { seenAt: "$$NOW", endsAt: { $add: ["$$NOW", lifetimeMs] } } }],
      { updatePipeline: true, upsert: true },
    )
    .lean();
  await forgetEnded(db);
  return before !== null;
}

/** Instances that ended long ago leave behind when their users were seen last. */
async function forgetEnded({ presenceInstances, presences, lastSeen }: Mongo): Promise<void> {
  const limit = { $subtract: ["$$NOW", presenceKeptMs] };
  const ended = await presenceInstances.find({ $expr: { $lt: ["$endsAt", limit] } }).lean();
  for (const { _id, seenAt } of ended) {
    const said = await presences.find({ instanceId: _id }).select({ userId: 1 }).lean();
    if (said.length > 0) {
      await lastSeen.bulkWrite(said.map(({ userId }) => raiseLastSeen(userId, seenAt)));
    }
    await presences.deleteMany({ instanceId: _id });
    await presenceInstances.deleteOne({ _id });
  }
}

function raiseLastSeen(userId: string, at: Date) {
  return { updateOne: { filter: { _id: userId }, update: { $max: { at } }, upsert: true } };
}

export async function putPresences(
  { presences, lastSeen }: Mongo,
  instanceId: string,
  changes: readonly PresenceChange[],
): Promise<void> {
  const seen = changes.flatMap(({ userId, lastSeenAt }) =>
    lastSeenAt ? [raiseLastSeen(userId, lastSeenAt)] : [],
  );
  if (seen.length > 0) await lastSeen.bulkWrite(seen);
  await presences.bulkWrite(
    changes.map(({ userId, status }) => {
      const filter = { _id: `${userId} ${instanceId}` };
      if (status === PresenceStatus.OFFLINE) return { deleteOne: { filter } };
      const update = { $set: { userId, instanceId, status } };
      return { updateOne: { filter, update, upsert: true } };
    }),
    { ordered: false },
  );
}

/** What an instance leaves behind when it is forgotten is read after what it has said. */
export async function readPresences(
  { presences, presenceInstances, lastSeen }: Mongo,
  userIds: readonly string[],
  exceptInstanceId: string,
): Promise<Map<string, Seen>> {
  const ids = [...userIds];
  const said = await presences
    .find({ userId: { $in: ids }, instanceId: { $ne: exceptInstanceId } })
    .lean();
  const instances = await presenceInstances.aggregate<{
    _id: string;
    seenAt: Date;
    isAlive: boolean;
  }>([{ $project: { seenAt: 1, isAlive: { $gt: ["$endsAt", "$$NOW"] } } }]);
  const last = await lastSeen.find({ _id: { $in: ids } }).lean();

  const seen = new Map<string, Seen>();
  const add = (userId: string, status: PresenceStatus, at: Date | undefined) => {
    const before = seen.get(userId);
    // Online goes before away, and that before offline.
    const best = before && before.status < status ? before.status : status;
    const isOffline = best === PresenceStatus.OFFLINE;
    const times = [at, before?.lastSeenAt].flatMap((it) => it?.getTime() ?? []);
    const lastSeenAt = isOffline && times.length > 0 ? new Date(Math.max(...times)) : undefined;
    seen.set(userId, { status: best, lastSeenAt });
  };
  for (const { _id, at } of last) add(_id, PresenceStatus.OFFLINE, at);
  const byId = new Map(instances.map((it) => [it._id, it]));
  for (const { userId, instanceId, status } of said) {
    const instance = byId.get(instanceId);
    if (instance?.isAlive) add(userId, status, undefined);
    else if (instance) add(userId, PresenceStatus.OFFLINE, instance.seenAt);
  }
  return seen;
}
