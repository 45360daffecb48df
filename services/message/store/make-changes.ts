import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type ChangedResult, rejected } from "./driver.ts";
import { type Basis, type Judged, judge, type MessageState } from "./judge-change.ts";
import type { MessageChange, NewChange } from "./store.ts";

/** What a batch writes in one room. */
export interface RoomWrites {
  roomId: string;
  /** The room's last revision when this was judged; nothing may have been changed since. */
  lastRevision: number;
  /** In the order of their revisions. */
  writes: readonly Write[];
}

/** A message that changes, once or several times. */
export interface Write {
  /** How it was. */
  before: Message;
  /** How it is to be, by the last of its changes. */
  last: MessageChange;
  /** Who is known to have reacted to it then. */
  reactors: Judged["reactors"];
  /** What users have done with emoji, in order. */
  reactions: readonly ReactionWrite[];
}

export interface ReactionWrite {
  emoji: string;
  userId: string;
  isOn: boolean;
  revision: number;
}

/** What a database does with changes. */
export interface ChangeTables {
  /** What the changes of each room are judged on; rooms that aren't there are left out. */
  readBasis: (wanted: readonly NewChange[]) => Promise<ReadonlyMap<string, Basis>>;
  /** Answers what it has written; of a room that may be its first writes alone, or none. */
  write: (rooms: readonly RoomWrites[]) => Promise<ReadonlySet<Write>>;
}

/**
 * Judges changes in their order, writes what follows, and puts down the results of what is
 * settled by that. Answers whether all is: else others were faster, and what is open is to be
 * judged anew. An attempt whose answer was lost is no harm: all is found to be as it should.
 */
export async function makeChanges(
  { readBasis, write }: ChangeTables,
  open: readonly NewChange[],
  results: Map<NewChange, ChangedResult>,
): Promise<boolean> {
  const bases = await readBasis(open);
  const rooms = [...Map.groupBy(open, ({ roomId }) => roomId)].map(([roomId, wanted]) =>
    judgeRoom(roomId, bases.get(roomId), wanted),
  );
  const changing = rooms.filter(({ writes }) => writes.length > 0);
  const written = changing.length > 0 ? await write(changing) : new Set<Write>();
  for (const { outcomes, writes } of rooms) {
    const done = new Set(writes.filter((one) => written.has(one)).map(seqOf));
    // What changes nothing, or is refused, may rest on changes that weren't made.
    const isWhole = done.size === writes.length;
    for (const { wanted, result, made } of outcomes) {
      if (isWhole || (made && done.has(wanted.seq))) results.set(wanted, result);
    }
  }
  return open.every((one) => results.has(one));
}

interface Outcome {
  wanted: NewChange;
  result: ChangedResult;
  /** The change that it makes; undefined where it makes none. */
  made: Pick<Write, "last" | "reactors"> | undefined;
}

interface JudgedRoom extends RoomWrites {
  outcomes: Outcome[];
}

function judgeRoom(
  roomId: string,
  basis: Basis | undefined,
  all: readonly NewChange[],
): JudgedRoom {
  const lastRevision = basis?.room.lastRevision ?? 0;
  const before = new Map(basis?.messages);
  const outcomes = all.map((wanted) => judgeOne(basis, wanted));
  const bySeq = Map.groupBy(outcomes, ({ wanted }) => wanted.seq);
  const writes = [...bySeq].flatMap(([seq, its]) => toWrite(before.get(seq), its) ?? []);
  return { roomId, lastRevision, outcomes, writes: writes.sort(byRevision) };
}

function judgeOne(basis: Basis | undefined, wanted: NewChange): Outcome {
  try {
    const { message, reactors, change } = judge(basis, wanted);
    if (change === undefined) return { wanted, result: fulfilled(message), made: undefined };
    const last: MessageChange = { message, change, userId: wanted.userId };
    return { wanted, result: fulfilled(message, last), made: { last, reactors } };
  } catch (error) {
    return { wanted, result: rejected(error), made: undefined };
  }
}

/** All that a batch does to one message; undefined where that is nothing. */
function toWrite(
  before: MessageState | undefined,
  outcomes: readonly Outcome[],
): Write | undefined {
  const made = outcomes.findLast((it) => it.made)?.made;
  if (!before || !made) return undefined;
  const reactions = outcomes.flatMap(({ wanted: { act, userId }, made: its }): ReactionWrite[] => {
    if (!its || act.kind !== "react") return [];
    const { emoji, isOn } = act;
    return [{ emoji, userId, isOn, revision: its.last.message.revision }];
  });
  return { before: before.message, ...made, reactions };
}

const seqOf = ({ last }: Write) => last.message.seq;
const byRevision = (a: Write, b: Write) => a.last.message.revision - b.last.message.revision;

function fulfilled(message: Message, change?: MessageChange): ChangedResult {
  return { status: "fulfilled", value: { message, change } };
}
