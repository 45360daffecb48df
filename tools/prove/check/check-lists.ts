import type { ActLog, ClientLog, ListedRoom, SendLog, StoredUser } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** Every client's list of rooms is the store's, with what is read and what isn't. */
export function checkLists(
  clients: readonly ClientLog[],
  users: readonly StoredUser[],
  findings: Findings,
): void {
  const stored = new Map(users.map((it) => [it.userId, byId(it.rooms)]));
  for (const { client, userId, list } of clients) {
    const rooms = stored.get(userId) ?? new Map<string, ListedRoom>();
    const shown = byId(list);
    for (const [roomId, room] of rooms) {
      const known = shown.get(roomId);
      const who = `${client}, room ${roomId}`;
      if (known) compare(who, known, room, findings);
      else findings.add("missedRoom", who);
    }
    for (const roomId of shown.keys()) {
      if (!rooms.has(roomId)) findings.add("strayRoom", `${client}, room ${roomId}`);
    }
  }
  for (const { userId, rooms } of users) {
    const peers = rooms.flatMap(({ peerId }) => (peerId === null ? [] : [peerId]));
    if (new Set(peers).size < peers.length) findings.add("doubledRoom", `user ${userId}: ${peers}`);
  }
}

function compare(who: string, known: ListedRoom, room: ListedRoom, findings: Findings): void {
  const { lastSeq, lastRevision } = known;
  if (lastSeq !== room.lastSeq || lastRevision !== room.lastRevision) {
    const at = `${room.lastSeq} and ${room.lastRevision}`;
    findings.add("staleRoom", `${who}: at ${lastSeq} and ${lastRevision}, not ${at}`);
  } else if (known.lastMessage !== room.lastMessage) {
    findings.add("staleRoom", `${who}: last is ${known.lastMessage}, not ${room.lastMessage}`);
  }
  if (known.readSeq !== room.readSeq) {
    findings.add("wrongRead", `${who}: read up to ${known.readSeq}, not ${room.readSeq}`);
  }
  if (known.unreadCount !== room.unreadCount) {
    findings.add("wrongUnread", `${who}: ${known.unreadCount} unread, not ${room.unreadCount}`);
  }
  if (known.mentionCount !== null && known.mentionCount !== room.mentionCount) {
    const text = `${who}: ${known.mentionCount} mentions, not ${room.mentionCount}`;
    findings.add("wrongMentions", text);
  }
}

const byId = (rooms: readonly ListedRoom[]) => new Map(rooms.map((it) => [it.roomId, it]));

/** A user's sends and marks of one room: from when until when each may have taken effect. */
interface Mark {
  from: number;
  to: number;
  seq: number;
  /** It sets what is read back, and doesn't only raise it. */
  isUnread: boolean;
}

/**
 * What is read is what the last marks have made of it: no acknowledged one is lost, and none has
 * come from nowhere. Of marks that overlap either may have been the last.
 */
export function checkReadMarks(
  acts: readonly ActLog[],
  sends: readonly SendLog[],
  users: readonly StoredUser[],
  findings: Findings,
): void {
  const marks = new Map<string, Mark[]>();
  const add = (userId: string, roomId: string, mark: Mark) => {
    const key = `${userId} ${roomId}`;
    const all = marks.get(key);
    if (all) all.push(mark);
    else marks.set(key, [mark]);
  };
  for (const { act, userId, firstAt: from, ack, isInDoubt } of acts) {
    if (!ack || (act.kind !== "read" && act.kind !== "unread")) continue;
    // An attempt without an answer may take effect whenever it gets through.
    const to = isInDoubt ? Number.POSITIVE_INFINITY : ack.at;
    const isUnread = act.kind === "unread";
    add(userId, act.roomId, { from, to, seq: act.seq - (isUnread ? 1 : 0), isUnread });
  }
  for (const { userId, roomId, firstAt: from, ack } of sends) {
    if (ack) add(userId, roomId, { from, to: ack.at, seq: ack.seq, isUnread: false });
  }
  for (const { userId, rooms } of users) {
    for (const { roomId, readSeq } of rooms) {
      const { low, high } = bounds(marks.get(`${userId} ${roomId}`) ?? []);
      if (readSeq >= low && readSeq <= high) continue;
      const text = `user ${userId}, room ${roomId}: read up to ${readSeq}, not ${low} to ${high}`;
      findings.add("lostMark", text);
    }
  }
}

function bounds(marks: readonly Mark[]): { low: number; high: number } {
  const max = (all: readonly Mark[]) => Math.max(0, ...all.map(({ seq }) => seq));
  const unread = marks.filter((it) => it.isUnread);
  // After these every other unread mark is past: the last may be any that overlaps with them.
  const lastBegan = Math.max(Number.NEGATIVE_INFINITY, ...unread.map(({ from }) => from));
  const lastEnded = Math.max(Number.NEGATIVE_INFINITY, ...unread.map(({ to }) => to));
  const maybeLast = unread.filter(({ to }) => to >= lastBegan);
  const raises = marks.filter((it) => !it.isUnread);
  const floor = Math.min(...maybeLast.map(({ seq }) => seq), Number.POSITIVE_INFINITY);
  const base = Number.isFinite(floor) ? floor : 0;
  return {
    low: Math.max(base, max(raises.filter(({ from }) => from > lastEnded))),
    high: Math.max(max(maybeLast), max(raises.filter(({ to }) => to >= lastBegan))),
  };
}
