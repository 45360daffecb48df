import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Logger } from "#common/log.ts";
import { MentionedSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ChatServer, socketsIn, userRoomName } from "../socket/chat-server.ts";
import { closeTransport } from "../socket/engine/close.ts";
import type { Mention, MessageStore } from "../store/store.ts";
import { type Delivery, encode } from "./delivery.ts";
import { createFollower, type Follower } from "./follower.ts";

/**
 * Notifies users of the messages that mention them, on all of their sockets here. There is one
 * numbered log for all rooms, which every instance follows: so it costs users nothing to be
 * mentionable, and what a lost hint would have said is found by polling.
 */
export interface Mentions extends Pick<Follower<Mention>, "poll">, Disposable {
  /** This instance has stored a message that mentions somebody. */
  stored: (mention: Mention) => void;
  /** There are such messages up to this number. */
  hint: (key: string, number: number) => void;
}

export interface MentionsOptions {
  io: ChatServer;
  store: Pick<MessageStore, "readMentionLog" | "mentionPosition" | "listMembers" | "membersSince">;
  delivery: Pick<Delivery, "sendEncoded">;
  announce: (key: string, number: number) => void;
  log: Logger;
}

/** A mention, and whom it concerns: at least those of them who have sockets here. */
interface Notice extends Mention {
  userIds: readonly string[];
}

/** There is no other. */
const theLog = "all";
/** In a room of so many members these are asked for, else which of the users here are in it. */
const mostListed = 100;

export function createMentions(options: MentionsOptions): Mentions {
  const { io, store, delivery, announce, log } = options;

  const usersHere = () => {
    const userIds = new Set<string>();
    for (const { data } of io.sockets.sockets.values()) {
      if (data.judgement.isAdmitted) userIds.add(data.judgement.user.id);
    }
    return userIds;
  };
  const membersSince = async (at: Date, roomId: string) => {
    const { members, total } = await store.listMembers(roomId, { offset: 0, limit: mostListed });
    if (total > mostListed) return store.membersSince(at, roomId, [...usersHere()]);
    return members.flatMap(({ userId, joinedAt }) => (joinedAt <= at ? [userId] : []));
  };
  const toNotice = async (mention: Mention): Promise<Notice> => {
    const { roomId, userId, mentions, mentionsRoom, createdAt } = mention.message;
    if (!mentionsRoom || !createdAt) return { ...mention, userIds: mentions };
    const members = await membersSince(timestampDate(createdAt), roomId);
    return { ...mention, userIds: members.filter((id) => id !== userId) };
  };
  const follower = createFollower<Notice>({
    hasGaps: true,
    numberOf: ({ number }) => number,
    positions: async () => new Map([[theLog, await store.mentionPosition()]]),
    read: async (_key, from, to) =>
      Promise.all((await store.readMentionLog(from, to)).map(toNotice)),
    release(_key, { message, userIds }) {
      const sockets = userIds.flatMap((userId) => socketsIn(io, userRoomName(userId)));
      if (sockets.length === 0) return;
      const events = [
        encode({ event: "mentioned", payload: create(MentionedSchema, { message }) }),
      ];
      for (const socket of sockets) delivery.sendEncoded(socket, events);
    },
    onStuck() {
      log.error("mentions could not be read: all sockets have to resume");
      for (const { conn } of io.sockets.sockets.values()) closeTransport(conn);
    },
    isHeard: () => true,
    announce,
  });
  const following = follower.follow(theLog);
  // The next poll asks again; who connects before then resumes when it is answered.
  following.opened.catch(following.skip);

  return {
    poll: follower.poll,
    hint: (_key, number) => follower.hint(theLog, number),
    stored(mention) {
      toNotice(mention).then(
        (notice) => follower.offer(theLog, notice),
        // Read again, until it can be.
        () => {
          announce(theLog, mention.number);
          follower.hint(theLog, mention.number);
        },
      );
    },
    [Symbol.dispose]: follower[Symbol.dispose],
  };
}
