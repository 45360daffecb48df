import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { MessageChange, MessageStore } from "../store/store.ts";
import { createFollower, type Follower, type FollowerOptions } from "./follower.ts";

/** Carries the changes of rooms' messages to the sockets of this instance, by their revisions. */
export interface RoomChanges
  extends Pick<Follower<MessageChange>, "follow" | "position" | "reached" | "hint" | "poll">,
    Disposable {
  /** A change that this instance has just made. */
  offer: (change: MessageChange) => void;
  /** A message goes out now as it is after some changes: these are not sent again. */
  wentOut: (message: Message) => void;
  prune: (roomId: string) => void;
}

export interface RoomChangesOptions
  extends Pick<
    FollowerOptions<MessageChange>,
    "positions" | "release" | "onStuck" | "isHeard" | "announce"
  > {
  store: Pick<MessageStore, "listChanges">;
  messages: Pick<Follower<Message>, "position" | "reached">;
}

export function createRoomChanges(options: RoomChangesOptions): RoomChanges {
  const { store, messages, announce, ...rest } = options;
  /** By room and message: the revision with which it went out, while changes up to it are to come. */
  const sent = new Map<string, Map<number, number>>();

  const isSent = (roomId: string, { seq, revision }: Message) => {
    const revisions = sent.get(roomId);
    if (!revisions) return false;
    const isOld = revision <= (revisions.get(seq) ?? 0);
    for (const [key, last] of revisions) if (last <= revision) revisions.delete(key);
    if (revisions.size === 0) sent.delete(roomId);
    return isOld;
  };
  const follower = createFollower<MessageChange>({
    ...rest,
    announce,
    hasGaps: true,
    numberOf: ({ message }) => message.revision,
    async read(roomId, from, to) {
      const changes = await store.listChanges(roomId, { from, to });
      // None goes out before its message.
      await messages.reached(roomId, Math.max(0, ...changes.map(({ message }) => message.seq)));
      return changes;
    },
    release(roomId, change) {
      if (!isSent(roomId, change.message)) options.release(roomId, change);
    },
  });

  return {
    follow: follower.follow,
    position: follower.position,
    reached: follower.reached,
    hint: follower.hint,
    poll: follower.poll,
    prune(roomId) {
      follower.prune(roomId);
      if (follower.position(roomId) === undefined) sent.delete(roomId);
    },
    offer(change) {
      const { roomId, seq, revision } = change.message;
      if ((messages.position(roomId) ?? 0) >= seq) follower.offer(roomId, change);
      else {
        announce(roomId, revision);
        follower.hint(roomId, revision);
      }
    },
    wentOut({ roomId, seq, revision }) {
      if (revision <= (follower.position(roomId) ?? 0)) return;
      const revisions = sent.get(roomId) ?? new Map();
      sent.set(roomId, revisions.set(seq, revision));
    },
    [Symbol.dispose]: () => follower[Symbol.dispose](),
  };
}
