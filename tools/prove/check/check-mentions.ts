import type { MessageOut } from "#gen/socket-events.ts";
import type { Excuses } from "./excuses.ts";
import { isMentioned } from "./mentions.ts";
import type { ClientLog, SendLog, StoredRoom, StoredUser } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** In which a mention has to be heard, or the connection ends. */
const heardWithinMs = 10_000;

/**
 * Who is mentioned has heard it, once for each connection, on each of their devices that was
 * connected by then; and the store counts what its messages say.
 */
export function checkMentions(
  clients: readonly ClientLog[],
  users: readonly StoredUser[],
  rooms: readonly StoredRoom[],
  excuses: Excuses,
  findings: Findings,
): { heard: number } {
  const mentioning = rooms.flatMap(({ messages }) =>
    messages.filter((it) => it.mentionsRoom || it.mentions.length > 0),
  );
  const isMember = (userId: string, roomId: string) =>
    !excuses.isDirect(roomId) || excuses.peerOf(userId, roomId) !== undefined;
  for (const { userId, rooms: listed } of users) {
    for (const { roomId, readSeq, mentionCount } of listed) {
      const count = mentioning.filter(
        (it) => it.roomId === roomId && it.seq > readSeq && isMentioned(it, userId),
      ).length;
      if (count === mentionCount) continue;
      const text = `user ${userId}, room ${roomId}: ${mentionCount} in the store, not ${count}`;
      findings.add("wrongMentions", text);
    }
  }
  let heard = 0;
  for (const client of clients) {
    const own = mentioning.filter(
      (it) => isMentioned(it, client.userId) && isMember(client.userId, it.roomId),
    );
    heard += checkHeard(client, own, findings);
  }
  return { heard };
}

function checkHeard(
  { client, connections, mentioned }: ClientLog,
  own: readonly MessageOut[],
  findings: Findings,
): number {
  const times = new Map<string, number[]>();
  for (const { roomId, seq, at } of mentioned) {
    const key = `${roomId} ${seq}`;
    times.set(key, [...(times.get(key) ?? []), at]);
  }
  for (const { roomId, seq, createdAt } of own) {
    const at = Date.parse(createdAt);
    const heard = times.get(`${roomId} ${seq}`) ?? [];
    const what = `${client}, room ${roomId}, message ${seq}`;
    const during = connections.find(
      ({ from, to = Number.POSITIVE_INFINITY }) => from < at && at < to,
    );
    const isLong = during && (during.to ?? Number.POSITIVE_INFINITY) - at > heardWithinMs;
    if (isLong && heard.length === 0) findings.add("unheard", what);
    for (const { from, to = Number.POSITIVE_INFINITY } of connections) {
      const times = heard.filter((it) => it > from && it < to).length;
      if (times > 1) findings.add("heardTwice", what);
    }
  }
  return mentioned.length;
}

/** A message mentions whom its sender has asked for, but for themselves and who isn't a member. */
export function mentionsAsAsked(
  { userId, roomId, mentions, mentionsRoom }: SendLog,
  stored: MessageOut,
  users: ReadonlySet<string>,
  { isDirect, peerOf }: Excuses,
): boolean {
  if (stored.deletedAt !== null) return stored.mentions.length === 0 && !stored.mentionsRoom;
  const peer = peerOf(userId, roomId);
  const asked = mentions.filter(
    (id) => id !== userId && users.has(id) && (!isDirect(roomId) || id === peer),
  );
  const isSame = asked.toSorted().join() === stored.mentions.toSorted().join();
  return isSame && stored.mentionsRoom === mentionsRoom;
}
