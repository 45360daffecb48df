import { AppError } from "#contract/errors.ts";
import type { ChatSocket } from "../chat-server.ts";
import { eventLimits } from "../limits.ts";

/**
 * Joining and leaving one room by one socket happens one after the other, and so does listing all
 * of its user's. Answers what releases the mutex. If the socket is gone the rest isn't waited for.
 * @throws AppError RATE_LIMITED where too many wait, NOT_IN_ROOM to a socket that is gone
 */
export async function lockRoom(socket: ChatSocket, roomId: string): Promise<() => void> {
  socket.data.locks ??= new Map();
  const { locks } = socket.data;
  const lock = locks.get(roomId) ?? { count: 0, end: Promise.resolve() };
  if (lock.count >= eventLimits.joinsWaiting) throw new AppError("RATE_LIMITED");
  const before = lock.end;
  const released = Promise.withResolvers<void>();
  lock.count++;
  lock.end = released.promise;
  locks.set(roomId, lock);
  const release = () => {
    lock.count--;
    if (lock.count === 0) locks.delete(roomId);
    // Most sockets are idle, and an empty map takes a seventh of what is kept for one.
    if (locks.size === 0) socket.data.locks = undefined;
    released.resolve();
  };
  await before;
  if (socket.connected) return release;
  release();
  throw new AppError("NOT_IN_ROOM");
}

/** The same, for what a socket that is gone has no need of: undefined then. @throws AppError RATE_LIMITED */
export async function lockWhileThere(
  socket: ChatSocket,
  roomId: string,
): Promise<(() => void) | undefined> {
  try {
    return await lockRoom(socket, roomId);
  } catch (error) {
    if (socket.connected) throw error;
    return undefined;
  }
}

/**
 * For what needs a joined socket. A join that is under way is waited for, so that a client
 * needn't wait for its acknowledgement. @throws AppError NOT_IN_ROOM
 */
export async function requireJoined(socket: ChatSocket, roomId: string): Promise<void> {
  const { joined, locks } = socket.data;
  if (joined.has(roomId)) return;
  await locks?.get(roomId)?.end;
  if (!joined.has(roomId)) throw new AppError("NOT_IN_ROOM");
}
