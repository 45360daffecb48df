import type { Act, ActKind, ActLog } from "../check/run-log.ts";
import type { Random } from "../random.ts";
import type { ChatClient } from "./client.ts";

/** What a client may do next. */
export interface Choices {
  /** An act, if one can be thought of now. */
  next: () => Act | undefined;
  /** It has sent a message. */
  sent: (roomId: string, seq: number) => void;
  /** An act was acknowledged, or else refused. */
  ended: (act: Act, isDone: boolean) => void;
}

export interface ChoicesOptions {
  client: ChatClient;
  peerIds: readonly string[];
  random: Random;
}

interface Own {
  roomId: string;
  seq: number;
}

/** How often each act is chosen, of a hundred. */
const shares: Record<ActKind | "editOthers", number> = {
  react: 40,
  edit: 20,
  read: 14,
  unread: 4,
  pin: 6,
  open: 5,
  delete: 4,
  block: 3,
  leave: 2,
  editOthers: 2,
};
const readerShares: Partial<typeof shares> = { read: 70, unread: 30 };

const emojis = ["👍", "❤️", "🎉", "👩🏽‍💻", ":party_parrot:"];
/** Acts are on one of so many newest messages, so that several users act on the same. */
const reach = 50;
const mostOwn = 200;
/** Of one client in one room: all together stay below what a room holds. */
const mostPinned = 3;
const mostBlocked = 2;

/** Chooses acts at random, each such that it is known what the store has to say of it in the end. */
export function createChoices({ client, peerIds, random }: ChoicesOptions): Choices {
  const { spec } = client;
  /** Own messages that aren't deleted, the newest last. */
  let own: Own[] = [];
  /** What is on now: reactions, pins, blocks. */
  let reacted: Extract<Act, { kind: "react" }>[] = [];
  let pinned: Own[] = [];
  const blocked = new Set<string>();

  const pickOr = <T>(from: readonly T[]) => (from.length > 0 ? random.pick(from) : undefined);
  const anyRoom = () => pickOr([...client.listed("shared"), ...client.listed("direct")]);
  const anyMessage = (): Own | undefined => {
    const roomId = anyRoom();
    const last = roomId === undefined ? 0 : (client.positionOf(roomId)?.lastSeq ?? 0);
    if (roomId === undefined || last === 0) return undefined;
    return { roomId, seq: Math.max(last - Math.floor(random.next() ** 2 * reach), 1) };
  };
  const isOwn = (one: Own) => own.some((it) => isSame(it, one));
  const text = () => `edited by ${spec.name}, ${Math.floor(random.next() * 1e9)} 🐎`;

  const choose: Record<keyof typeof shares, () => Act | undefined> = {
    react() {
      const earlier = random.next() < 0.3 ? pickOr(reacted) : undefined;
      if (earlier) return { ...earlier, isOn: false };
      const message = anyMessage();
      return message && { kind: "react", ...message, emoji: random.pick(emojis), isOn: true };
    },
    edit() {
      const message = pickOr(own.slice(-reach));
      return message && { kind: "edit", ...message, content: text() };
    },
    editOthers() {
      const message = anyMessage();
      return message && !isOwn(message) ? { kind: "edit", ...message, content: text() } : undefined;
    },
    delete() {
      const message = pickOr(own.slice(-reach));
      if (!message) return undefined;
      own = own.filter((it) => it !== message);
      return { kind: "delete", ...message };
    },
    pin() {
      const isOn = pinned.length < mostPinned && random.next() < 0.6;
      const message = pickOr(isOn ? own.slice(-reach) : pinned);
      return message && { kind: "pin", ...message, isOn };
    },
    read() {
      const message = anyMessage();
      return message && { kind: "read", ...message };
    },
    unread() {
      const message = anyMessage();
      return message && { kind: "unread", ...message };
    },
    open() {
      const peerId = pickOr(peerIds);
      return peerId === undefined ? undefined : { kind: "open", peerId };
    },
    leave() {
      const roomId = pickOr(client.listed("direct"));
      return roomId === undefined ? undefined : { kind: "leave", roomId };
    },
    block() {
      const isOn = blocked.size === 0 || (blocked.size < mostBlocked && random.next() < 0.5);
      const peerId = pickOr(isOn ? peerIds : [...blocked]);
      return peerId === undefined ? undefined : { kind: "block", peerId, isOn };
    },
  };
  const kinds = Object.entries(spec.messagesPerSecond > 0 ? shares : readerShares);
  const total = kinds.reduce((sum, [, share]) => sum + share, 0);

  return {
    next() {
      let at = random.next() * total;
      for (const [kind, share] of kinds) {
        at -= share;
        if (at < 0 && isKind(kind)) return choose[kind]();
      }
      return undefined;
    },
    sent(roomId, seq) {
      own.push({ roomId, seq });
      if (own.length > mostOwn) own.shift();
    },
    ended(act, isDone) {
      const isOn = isDone && "isOn" in act && act.isOn;
      if (act.kind === "react") {
        reacted = reacted.filter((it) => !isSame(it, act) || it.emoji !== act.emoji);
        if (isOn) reacted.push(act);
      } else if (act.kind === "pin") {
        pinned = pinned.filter((it) => !isSame(it, act));
        if (isOn) pinned.push({ roomId: act.roomId, seq: act.seq });
      } else if (act.kind === "block") {
        blocked.delete(act.peerId);
        if (isOn) blocked.add(act.peerId);
      }
    },
  };
}

function isSame(one: Own, other: Own): boolean {
  return one.roomId === other.roomId && one.seq === other.seq;
}

function isKind(name: string): name is keyof typeof shares {
  return name in shares;
}

/** Acts on one thing, which are done one after the other. */
export function targetOf({ act, userId }: Pick<ActLog, "act" | "userId">): string {
  const { kind } = act;
  if (kind === "open" || kind === "block") return `${kind} ${act.peerId}`;
  if (kind === "leave") return `${kind} ${act.roomId}`;
  // A reaction is its user's; what else is done to a message its sender does.
  if (kind === "react") return `react ${act.roomId} ${act.seq} ${act.emoji} ${userId}`;
  if (kind === "read" || kind === "unread") return `read ${act.roomId}`;
  return `message ${act.roomId} ${act.seq}`;
}
