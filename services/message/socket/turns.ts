import { AppError } from "#common/errors.ts";
import type { ChatSocket } from "./types.ts";

/** Joining and leaving one room by one socket happens one after the other. */
export async function takeTurn(socket: ChatSocket, roomId: string): Promise<() => void> {
  socket.data.turns ??= new Map();
  const { turns } = socket.data;
  const before = turns.get(roomId);
  const turn = Promise.withResolvers<void>();
  turns.set(roomId, turn.promise);
  await before;
  return () => {
    if (turns.get(roomId) === turn.promise) turns.delete(roomId);
    // Most sockets are idle, and an empty map takes a seventh of what is kept for one.
    if (turns.size === 0) socket.data.turns = undefined;
    turn.resolve();
  };
}

/**
 * For what needs a joined socket. A join that is under way is waited for, so that a client
 * needn't wait for its acknowledgement. @throws AppError NOT_IN_ROOM
 */
export async function requireJoined(socket: ChatSocket, roomId: string): Promise<void> {
  const { joined, turns } = socket.data;
  if (joined.has(roomId)) return;
  await turns?.get(roomId);
  if (!joined.has(roomId)) throw new AppError("NOT_IN_ROOM");
}
