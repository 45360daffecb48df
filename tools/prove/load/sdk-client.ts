import { type ChatClient as Chat, createClient, type OpenRoom } from "#sdk";
import type { ApiUser } from "#tools/rig/api.ts";
import { isLastUntold, listedRoom } from "../check/listed-room.ts";
import type { Presence } from "../check/run-log.ts";
import type { ChatClient } from "./client.ts";
import type { ClientSpec } from "./protocol.ts";
import { createShownRoom, type ShownRoom } from "./shown-room.ts";
import { retryMs } from "./socket-connection.ts";
import type { Tally } from "./tally.ts";

/** The SDK in the hands of a user who looks at all of their rooms. */
export interface SdkClient extends ChatClient {
  chat: Chat;
  /** A room that is open. */
  room: (roomId: string) => { room: OpenRoom; shown: ShownRoom } | undefined;
  /** What was begun then and is done now was done at the first attempt. */
  isFirstAttempt: (begunAt: number) => boolean;
  /** Throws away what was refused, as a user does who has seen why. */
  discardRefused: () => void;
}

export interface SdkClientOptions {
  spec: ClientSpec;
  user: ApiUser;
  /** The users whose presence it shows. */
  watched: readonly string[];
  tally: Tally;
}

/** What waits for longer is tried again by hand, as by a user who sees it. */
const graceMs = 1_000;
/** The SDK tries again after half a second at the earliest. */
const firstAttemptMs = 400;
/** A room is shown from its beginning, as long as its window has room for that. */
const mostLoaded = 500;

export function createSdkClient({ spec, user, watched, tally }: SdkClientOptions): SdkClient {
  const chat = createClient({ url: spec.url });
  const open = new Map<string, { room: OpenRoom; shown: ShownRoom }>();
  const shownRooms = new Map<string, ShownRoom>();
  const connections: { from: number; to: number | undefined }[] = [];
  const mentioned: { roomId: string; seq: number; at: number }[] = [];
  let status: Presence = "online";
  let disturbedAt = 0;

  const listed = () => chat.rooms.getSnapshot().rooms;
  const find = (roomId: string) => listed().find(({ id }) => id === roomId);
  const isLive = () => chat.connection.getSnapshot().state === "live";
  const isWhole = ({ room }: { room: OpenRoom }) => {
    const { error, isLoading, hasNewer } = room.getSnapshot();
    return !error && !isLoading && !hasNewer;
  };

  const loadHistory = async (room: OpenRoom) => {
    for (;;) {
      const { hasOlder, isLoading, messages } = room.getSnapshot();
      if (open.get(room.id)?.room !== room || messages.length > mostLoaded) return;
      if (!isLoading && !hasOlder) return;
      await room.loadOlder().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };
  const stream = async (room: OpenRoom, shown: ShownRoom) => {
    const heard = shown.listen();
    for await (const message of room.live()) heard(message);
  };
  const openRoom = (roomId: string) => {
    const room = chat.rooms.get(roomId);
    const shown = shownRooms.get(roomId) ?? createShownRoom(spec.name, roomId, user.id);
    shownRooms.set(roomId, shown);
    open.set(roomId, { room, shown });
    void stream(room, shown);
    void loadHistory(room);
    // A page draws once for all that has come in one turn.
    let isDue = false;
    room.subscribe(() => {
      if (isDue) return;
      isDue = true;
      setImmediate(() => {
        isDue = false;
        tally.lastEventAt = Date.now();
        shown.drawn(room.getSnapshot().messages);
      });
    });
  };
  const closeRoom = (roomId: string) => {
    open.get(roomId)?.room.close();
    open.delete(roomId);
  };
  chat.rooms.subscribe(() => {
    tally.lastEventAt = Date.now();
    const { rooms, isLoaded } = chat.rooms.getSnapshot();
    if (!spec.joins || !isLoaded) return;
    const ids = new Set(rooms.map(({ id }) => id));
    for (const roomId of [...open.keys()]) if (!ids.has(roomId)) closeRoom(roomId);
    for (const roomId of ids) if (!open.has(roomId)) openRoom(roomId);
  });

  chat.on("connected", () => {
    if (connections.length > 0) tally.counts.reconnects++;
    connections.push({ from: Date.now(), to: undefined });
  });
  chat.connection.subscribe(() => {
    disturbedAt = Date.now();
    const last = connections.at(-1);
    if (chat.connection.getSnapshot().state !== "offline" || !last || last.to) return;
    last.to = Date.now();
    tally.counts.disconnects++;
  });
  chat.on("mentioned", ({ message: { roomId, seq } }) => {
    mentioned.push({ roomId, seq, at: Date.now() });
  });
  chat.presence.subscribe(() => {
    tally.lastEventAt = Date.now();
  });
  chat.presence.watch(watched);

  const signIn = () => {
    const { email, password } = user;
    chat.auth.login({ email, password }).catch(() => setTimeout(signIn, retryMs));
  };
  chat.auth.subscribe(() => {
    if (chat.auth.getSnapshot().status !== "signed-out") return;
    for (const roomId of [...open.keys()]) closeRoom(roomId);
    signIn();
  });
  signIn();

  const retrying = setInterval(() => {
    const [oldest] = chat.outbox.getSnapshot();
    const isWaiting = oldest !== undefined && oldest.at < Date.now() - graceMs;
    if (!isWaiting && chat.connection.getSnapshot().state !== "offline") return;
    disturbedAt = Date.now();
    chat.connection.retry();
  }, graceMs);

  const setStatus = (next: "online" | "away") => {
    status = next;
    chat.presence.set(next).catch(() => {
      // The next connection says it by itself, this one doesn't.
      if (status === next && isLive()) setTimeout(setStatus, retryMs, next);
    });
  };
  return {
    spec,
    user,
    chat,
    room: (roomId) => open.get(roomId),
    isFirstAttempt: (begunAt) => disturbedAt < begunAt && Date.now() - begunAt < firstAttemptMs,
    discardRefused() {
      for (const { id, status } of chat.outbox.getSnapshot()) {
        if (status === "failed") chat.outbox.discard(id);
      }
    },
    isListed: (roomId) => find(roomId) !== undefined,
    listed: (kind) =>
      listed().flatMap(({ id, peer }) => ((peer !== null) === (kind === "direct") ? [id] : [])),
    positionOf(roomId) {
      const room = find(roomId);
      if (!room || isLastUntold(room)) return undefined;
      const lastSeq = open.get(roomId)?.shown.lastSeq ?? room.lastSeq;
      return { lastSeq, lastRevision: room.lastRevision };
    },
    setStatus,
    joins: () => ({
      joined: isLive() ? [...open.values()].filter(isWhole).length : 0,
      toJoin: spec.joins ? listed().length : 0,
    }),
    isSubscribed() {
      const areSeen = Object.keys(chat.presence.getSnapshot()).length >= watched.length;
      return isLive() && areSeen && [...open.values()].every(isWhole);
    },
    log: () => ({
      client: spec.name,
      userId: user.id,
      rooms: [...open.values()].map((it) => {
        const isJoinedAtEnd = isLive() && isWhole(it);
        const received = it.shown.received(it.room.getSnapshot().messages);
        return { ...received, isJoinedAtEnd, isListed: true };
      }),
      list: listed().map((room) => ({
        ...listedRoom(room),
        // What is deleted in a room that isn't open, mentions and all, nobody tells.
        ...(!open.has(room.id) && { mentionCount: null }),
      })),
      connections,
      mentioned,
      status,
      presences: Object.fromEntries(
        Object.entries(chat.presence.getSnapshot()).map(([id, it]) => [id, it.status]),
      ),
      misshown: [...shownRooms.values()].flatMap((it) => it.misshown()),
      pending: chat.outbox.getSnapshot().map(({ kind, status, request }) => {
        return `${kind} ${JSON.stringify(request)}, ${status}`;
      }),
    }),
    close() {
      clearInterval(retrying);
      chat.close();
    },
  };
}
