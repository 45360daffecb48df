import type { MissedQuestion } from "../driver.ts";
import type { Missed, RoomPosition } from "../store.ts";
import { listRange } from "./messages.ts";
import { atOneMoment, listChanges } from "./revisions.ts";
import { listPositions } from "./rooms.ts";
import type { Mongo } from "./schema.ts";

export async function listMissed(
  db: Mongo,
  asked: readonly MissedQuestion[],
): Promise<(Missed | null)[]> {
  const positions = await listPositions(
    db,
    asked.map(({ roomId }) => roomId),
  );
  return Promise.all(
    asked.map(async (question) => {
      const position = positions.get(question.roomId);
      return position ? readMissed(db, position, question) : null;
    }),
  );
}

async function readMissed(
  db: Mongo,
  position: RoomPosition,
  { roomId, afterSeq, afterRevision, limit }: MissedQuestion,
): Promise<Missed> {
  const range = { roomId, from: afterSeq + 1, to: Math.min(afterSeq + limit, position.lastSeq) };
  const page = await atOneMoment(db, { roomId, ...position }, await listRange(db, range));
  if (afterRevision === undefined) return { ...page, changes: [] };
  const changes = await listChanges(db, {
    roomId,
    from: afterRevision + 1,
    to: page.lastRevision,
    upToSeq: afterSeq,
    limit: limit + 1,
  });
  return { ...page, changes: changes.map(({ message }) => message) };
}
