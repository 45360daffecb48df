import type { ActLog, RunLog } from "./run-log.ts";

/** Who shares a direct room with whom, and what may have been refused, by what users have done. */
export interface Excuses {
  isDirect: (roomId: string) => boolean;
  /** The other one of a user's direct room. */
  peerOf: (userId: string, roomId: string) => string | undefined;
  /** The other one of a direct room, or the user themselves, has blocked them at some time. */
  wasBlocked: (userId: string, by: { roomId: string } | { peerId: string }) => boolean;
  /** The user has left the direct room at some time. */
  wasLeft: (userId: string, roomId: string) => boolean;
}

export function createExcuses({ users, acts }: Pick<RunLog, "users" | "acts">): Excuses {
  const peers = new Map<string, string>();
  const direct = new Set<string>();
  const meet = (userId: string, roomId: string, peerId: string) => {
    direct.add(roomId);
    peers.set(`${userId} ${roomId}`, peerId).set(`${peerId} ${roomId}`, userId);
  };
  for (const { userId, rooms } of users) {
    for (const { roomId, peerId } of rooms) if (peerId !== null) meet(userId, roomId, peerId);
  }
  const blocks = new Set<string>();
  const leaves = new Set<string>();
  for (const { userId, act, ack } of acts) {
    if (act.kind === "block" && act.isOn) blocks.add(`${userId} ${act.peerId}`);
    if (act.kind === "leave") leaves.add(`${userId} ${act.roomId}`);
    if (act.kind === "open" && ack?.roomId !== undefined) meet(userId, ack.roomId, act.peerId);
  }
  return {
    isDirect: (roomId) => direct.has(roomId),
    peerOf: (userId, roomId) => peers.get(`${userId} ${roomId}`),
    wasBlocked(userId, by) {
      const peerId = "peerId" in by ? by.peerId : peers.get(`${userId} ${by.roomId}`);
      return blocks.has(`${peerId} ${userId}`);
    },
    wasLeft: (userId, roomId) => leaves.has(`${userId} ${roomId}`),
  };
}

/** An act in a few words. */
export function inWords({ client, act }: Pick<ActLog, "client" | "act">): string {
  const { kind, ...what } = act;
  return `${client}, ${kind} ${JSON.stringify(what)}`;
}
