import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import type { Metrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { MessageStore } from "../store/store.ts";
import { createMemberChecks } from "./member-checks.ts";
import { createStage, type Stage } from "./stage.ts";

/** The sockets of this instance, as the fan-out sees them. */
export interface Audience {
  /** To every joined socket of the room. */
  deliver: (roomId: string, message: Message) => void;
  isEmpty: (roomId: string) => boolean;
  usersIn: (roomId: string) => Set<string>;
  /** The user is no longer a member. */
  remove: (userId: string, roomId: string) => void;
  /** Closes the transports of all who listen, so that they resume. */
  interrupt: (roomId: string) => void;
}

/** What a socket is about to join holds back for it, from before it reads. */
export interface Attachment {
  /** Resolves when everything up to `seq` is out. @throws AppError UNAVAILABLE */
  reached: (seq: number) => Promise<void>;
  /** The number of the last message that is held; 0 if none is. */
  lastHeld: () => number;
  /** What went out since the attachment was made; it ends by this. */
  end: () => Message[];
  /** The user is known to be a member: from here on it matters if the store says otherwise. */
  confirm: () => void;
  /** Whether the user was removed from the room meanwhile. */
  isCancelled: () => boolean;
}

/** What goes on after a poll. */
export interface Poll {
  /** Resolves when the members of rooms that have changed were looked at; never rejects. */
  membersChecked: Promise<void>;
}

/** Carries messages to the sockets of this instance, room by room and in order. */
export interface Fanout extends Disposable {
  /** Asks the store what other instances have done: found so, hints or not. */
  poll: () => Promise<Poll>;
  /** A message that this instance has just stored. */
  offer: (message: Message) => void;
  /** The room has messages up to this number. */
  hint: (roomId: string, seq: number) => void;
  /** Begins to hold a room's messages for a user. @throws AppError ROOM_NOT_FOUND, UNAVAILABLE */
  attach: (roomId: string, userId: string) => Promise<Attachment>;
  /** The user was removed: what is held for him must not reach him. */
  cancel: (roomId: string, userId: string) => void;
  /** A socket has left: forgets the room if it was the last. */
  prune: (roomId: string) => void;
}

export interface FanoutOptions {
  store: Pick<MessageStore, "listMessages" | "positions" | "membersAmong">;
  audience: Audience;
  log: Logger;
  /** Tells other instances how far a room has come. */
  announce: (roomId: string, seq: number) => void;
  metrics: Metrics;
}

interface Held {
  userId: string;
  messages: Message[];
  /** Not yet, while joining is what makes the user a member. */
  isConfirmed: boolean;
  isCancelled: boolean;
}

interface RoomState {
  held: Set<Held>;
  membershipVersion: number;
  /** What came while the position was still being read. */
  early: Message[];
  stage: Stage | undefined;
  opening: Promise<Stage>;
}

const positionsPerRead = 1_000;

export function createFanout(options: FanoutOptions): Fanout {
  const { store, audience, log, announce, metrics } = options;
  const filled = metrics.counter("fanout_filled", "Messages read from the store, not heard");
  const stuck = metrics.counter("fanout_stuck", "Rooms whose sockets had to resume");
  const rooms = new Map<string, RoomState>();

  const open = async (roomId: string, state: RoomState) => {
    const position = (await store.positions([roomId])).get(roomId);
    if (!position) throw new AppError("ROOM_NOT_FOUND");
    state.membershipVersion = position.membershipVersion;
    state.stage = createStage({
      next: position.lastSeq + 1,
      async read(from, to) {
        const messages = await store.listMessages(roomId, from, to);
        filled.inc(messages.length);
        return messages;
      },
      release(message) {
        for (const held of state.held) held.messages.push(message);
        audience.deliver(roomId, message);
      },
      onStuck() {
        stuck.inc();
        log.error({ roomId }, "messages could not be read: the room's sockets have to resume");
        audience.interrupt(roomId);
      },
    });
    for (const message of state.early.splice(0)) state.stage.offer(message);
    return state.stage;
  };
  const stateOf = (roomId: string) => {
    let state = rooms.get(roomId);
    if (!state) {
      const opening = Promise.withResolvers<Stage>();
      state = {
        held: new Set(),
        membershipVersion: 0,
        early: [],
        stage: undefined,
        opening: opening.promise,
      };
      rooms.set(roomId, state);
      open(roomId, state).then(opening.resolve, opening.reject);
    }
    return state;
  };
  const prune = (roomId: string) => {
    const state = rooms.get(roomId);
    if (!state || state.held.size > 0 || !audience.isEmpty(roomId)) return;
    rooms.delete(roomId);
    state.stage?.close();
  };

  const checkMembers = async (roomId: string, version: number) => {
    const state = rooms.get(roomId);
    if (!state) return;
    const users = audience.usersIn(roomId);
    for (const held of state.held) if (held.isConfirmed) users.add(held.userId);
    // Who is about to become a member isn't one yet: looked at again by the next poll.
    const isAllKnown = [...state.held].every((held) => held.isConfirmed);
    const members = await store.membersAmong(roomId, [...users]);
    for (const userId of users) if (!members.has(userId)) audience.remove(userId, roomId);
    if (isAllKnown) state.membershipVersion = version;
  };
  const memberChecks = createMemberChecks({
    check: checkMembers,
    onFailure: (roomId, err) => log.warn({ err, roomId }, "a room's members were not looked at"),
  });
  const poll = async () => {
    const ids = [...rooms.keys()];
    for (let i = 0; i < ids.length; i += positionsPerRead) {
      const positions = await store.positions(ids.slice(i, i + positionsPerRead));
      for (const [roomId, { lastSeq, membershipVersion }] of positions) {
        const state = rooms.get(roomId);
        if (!state?.stage) continue;
        state.stage.hint(lastSeq);
        if (membershipVersion !== state.membershipVersion) {
          memberChecks.add(roomId, membershipVersion);
        }
      }
    }
    return { membersChecked: memberChecks.idle() };
  };

  return {
    poll,
    offer(message) {
      announce(message.roomId, message.seq);
      const state = rooms.get(message.roomId);
      if (state?.stage) state.stage.offer(message);
      else state?.early.push(message);
    },
    hint(roomId, seq) {
      rooms.get(roomId)?.stage?.hint(seq);
    },
    async attach(roomId, userId) {
      const state = stateOf(roomId);
      const held: Held = { userId, messages: [], isConfirmed: false, isCancelled: false };
      state.held.add(held);
      const end = () => {
        state.held.delete(held);
        prune(roomId);
        return held.messages;
      };
      const stage = await state.opening.catch((error: unknown) => {
        if (rooms.get(roomId) === state) rooms.delete(roomId);
        throw error;
      });
      return {
        end,
        lastHeld: () => held.messages.at(-1)?.seq ?? 0,
        confirm() {
          held.isConfirmed = true;
        },
        isCancelled: () => held.isCancelled,
        async reached(seq) {
          const isReached = await withDeadline(stage.reached(seq), budgets.answer.catchUp);
          if (!isReached) throw new AppError("UNAVAILABLE");
        },
      };
    },
    cancel(roomId, userId) {
      for (const held of rooms.get(roomId)?.held ?? []) {
        if (held.userId === userId) held.isCancelled = true;
      }
    },
    prune,
    [Symbol.dispose]() {
      memberChecks[Symbol.dispose]();
      for (const state of rooms.values()) state.stage?.close();
      rooms.clear();
    },
  };
}
