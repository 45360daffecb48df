import { AppError } from "#contract/errors.ts";
import type { ChatSocket } from "../engine/types.ts";

/** More than a client that joins and leaves in haste has reason to. */
const longestLine = 20;

/**
 * Joining and leaving one room by one socket happens one after the other. Where the socket has
 * gone nobody waits for the rest.
 * @throws AppError RATE_LIMITED where too many wait, NOT_IN_ROOM to a socket that has gone
 */
export async function takeTurn(socket: ChatSocket, roomId: string): Promise<() => void> {
  socket.data.turns ??= new Map();
  const { turns } = socket.data;
  const line = turns.get(roomId) ?? { length: 0, end: Promise.resolve() };
  if (line.length >= longestLine) throw new AppError("RATE_LIMITED");
  const before = line.end;
  const turn = Promise.withResolvers<void>();
  line.length++;
  line.end = turn.promise;
  turns.set(roomId, line);
  const endTurn = () => {
    line.length--;
    if (line.length === 0) turns.delete(roomId);
    // Most sockets are idle, and an empty map takes a seventh of what is kept for one.
    if (turns.size === 0) socket.data.turns = undefined;
    turn.resolve();
  };
  await before;
  if (socket.connected) return endTurn;
  endTurn();
  throw new AppError("NOT_IN_ROOM");
}

/**
 * For what needs a joined socket. A join that is under way is waited for, so that a client
 * needn't wait for its acknowledgement. @throws AppError NOT_IN_ROOM
 */
export async function requireJoined(socket: ChatSocket, roomId: string): Promise<void> {
  const { joined, turns } = socket.data;
  if (joined.has(roomId)) return;
  await turns?.get(roomId)?.end;
  if (!joined.has(roomId)) throw new AppError("NOT_IN_ROOM");
}
