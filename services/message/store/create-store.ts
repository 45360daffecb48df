import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { AppError } from "#contract/errors.ts";
import {
  type AppendResult,
  type PendingChange,
  type PendingMessage,
  rejected,
  type StoreDriver,
} from "./driver.ts";
import { createGather } from "./gather.ts";
import { createGroupCommit } from "./group-commit.ts";
import { isId, newId } from "./ids.ts";
import type { Appended, MembershipChange, MessageStore, NewMessage } from "./store.ts";

/** Bytes that a message takes beside its content, and a change of members, about. */
const size = { message: 500, change: 300 };

/** Makes a store of a database: what holds for every database is written here. */
export function createStore(driver: StoreDriver): MessageStore {
  /** Every call ends in time, and fails with what its caller knows. */
  const call = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await withDeadline(work, budgets.database.storeCall);
    } catch (error) {
      throw driver.toStoreError(error);
    }
  };
  const isFaultOfItem = (error: unknown) => driver.toStoreError(error).code === "INTERNAL";
  const messages = createGroupCommit<PendingMessage, Appended>({
    ...driver.batching.messages,
    keyOf: ({ roomId }) => roomId,
    sizeOf: ({ content }) => content.length * 2 + size.message,
    write: (batch) => writeDistinct(batch, driver.append),
    isFaultOfItem,
  });
  const changes = createGroupCommit<PendingChange, MembershipChange | undefined>({
    ...driver.batching.changes,
    keyOf: ({ roomId }) => roomId,
    sizeOf: () => size.change,
    write: driver.changeMembers,
    isFaultOfItem,
  });
  const views = createGather({
    keyOf: ({ roomId }: { roomId: string; userId: string }) => roomId,
    ask: (asked) =>
      driver.findRoom(
        asked[0]?.roomId ?? "",
        asked.map(({ userId }) => userId),
      ),
  });

  return {
    async append(message) {
      if (!isId(message.roomId)) throw new AppError("ROOM_NOT_FOUND");
      return call(messages.add(toPendingMessage(message)));
    },
    listMessages: async (roomId, from, to) =>
      isId(roomId) && from <= to ? call(driver.listMessages(roomId, from, to)) : [],
    createRoom: (room) => call(driver.createRoom(room)),
    async findRoom(roomId, userId) {
      const view = isId(roomId) ? await call(views({ roomId, userId })) : undefined;
      return view && { room: view.room, isMember: view.members.has(userId) };
    },
    listRoomsOf: (userId) => call(driver.listRoomsOf(userId)),
    listPublicRooms: (slice) => call(driver.listPublicRooms(slice)),
    listMembers: async (roomId, slice) =>
      isId(roomId) ? call(driver.listMembers(roomId, slice)) : { members: [], total: 0 },
    async addMember(roomId, userId, byUserId) {
      if (!isId(roomId)) throw new AppError("ROOM_NOT_FOUND");
      return call(changes.add({ id: newId(), roomId, userId, isMember: true, byUserId }));
    },
    async removeMember(roomId, userId) {
      if (!isId(roomId)) return undefined;
      const removal = { id: newId(), roomId, userId, isMember: false, byUserId: undefined };
      return call(changes.add(removal));
    },
    listMembershipChanges: (userId, from, to) =>
      call(driver.listMembershipChanges(userId, from, to)),
    membershipPositions: (userIds) => call(driver.membershipPositions(userIds)),
    positions: (roomIds) => call(driver.positions(roomIds.filter(isId))),
    ping: driver.ping,
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

function toPendingMessage(message: NewMessage): PendingMessage {
  const id = newId();
  return { ...message, id, sendKey: message.clientMessageId ?? `#${id}` };
}

/** Writes those of a batch that are no repeats of others in it; answers all, in their order. */
async function writeDistinct(
  batch: readonly PendingMessage[],
  write: (distinct: PendingMessage[]) => Promise<AppendResult[]>,
): Promise<AppendResult[]> {
  const first = new Map<string, PendingMessage>();
  for (const one of batch) {
    const key = keyOf(one);
    if (!first.has(key)) first.set(key, one);
  }
  const results = await write([...first.values()]);
  const byKey = new Map([...first.keys()].map((key, i) => [key, results[i]]));
  return batch.map((one) => {
    const result = byKey.get(keyOf(one));
    if (!result) return rejected(new AppError("INTERNAL"));
    if (result.status === "rejected" || first.get(keyOf(one)) === one) return result;
    return { status: "fulfilled", value: { ...result.value, isDuplicate: true } };
  });
}

const keyOf = ({ roomId, userId, sendKey }: PendingMessage) => `${roomId} ${userId} ${sendKey}`;
