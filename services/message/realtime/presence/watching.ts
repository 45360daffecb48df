import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Presence,
  PresenceChangedSchema,
  PresenceSchema,
  PresenceStatus,
} from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { ChatSocket } from "#message/socket/chat-server.ts";
import type { MessageStore, Seen } from "#message/store/store.ts";
import type { Delivery, Outgoing } from "../delivery.ts";
import type { Perceive } from "./perception.ts";

/** Notifies sockets of this instance how the users are that they watch. */
export interface Watching extends Disposable {
  /**
   * Watches users in the place of those that the socket has watched before; answers how they are.
   * Where it throws the socket goes on watching those before. @throws AppError UNAVAILABLE
   */
  watch: (socket: ChatSocket, viewerId: string, userIds: readonly string[]) => Promise<Presence[]>;
  unwatch: (socket: ChatSocket) => void;
  isWatched: (userId: string) => boolean;
  /** A user is otherwise than before by this instance. */
  changed: (userId: string) => void;
  /** Users may be otherwise than before by other instances. Never rejects. */
  readAgain: (userIds: readonly string[]) => Promise<void>;
  /** Who may see a user, or whom the user may see, may have changed. */
  relationsChanged: (userId: string) => void;
  /** Asks the store what other instances have done. */
  poll: () => Promise<void>;
}

export interface WatchingOptions {
  store: Pick<MessageStore, "readPresences" | "relationStates">;
  perceive: Perceive;
  delivery: Pick<Delivery, "send">;
  instanceId: string;
  /** Another instance has changed a user's relations: what is kept of them is old. */
  forget: (userId: string) => void;
  /** How a user is by this instance; undefined: not there. */
  statusHere: (userId: string) => PresenceStatus | undefined;
}

/** The users that a socket watches. */
interface List {
  /** Lists count up. */
  nth: number;
  socket: ChatSocket;
  viewerId: string;
  users: Map<string, Entry>;
}

/** A user on a list. */
interface Entry {
  isPerceived: boolean;
  /** The question that says so. */
  nth: number;
  /** What the client knows; undefined until it is answered. */
  notified: Seen | undefined;
}

/** A user who is watched here. */
interface Watched {
  lists: Set<List>;
  elsewhere: Seen;
  /** The question that says so. */
  nth: number;
}

const unseen: Seen = { status: PresenceStatus.OFFLINE, lastSeenAt: undefined };
/** What happens within so short a time goes to a socket in one write. */
const gatherMs = 50;
const mostAtOnce = 1_000;

export function createWatching(options: WatchingOptions): Watching {
  const { store, perceive, delivery, forget, instanceId, statusHere } = options;
  const watched = new Map<string, Watched>();
  const listsOf = new Map<string, Set<List>>();
  /** The list that each socket has been answered. */
  const current = new Map<ChatSocket, List>();
  /** As the store has said last, of all who watch and are watched. */
  const relations = new Map<string, string>();
  const toNotify = new Set<string>();
  let notifying: NodeJS.Timeout | undefined;
  let count = 0;

  const attach = (socket: ChatSocket, viewerId: string, userIds: readonly string[]): List => {
    const users = new Map(
      userIds.map((id): [string, Entry] => [
        id,
        { isPerceived: false, nth: 0, notified: undefined },
      ]),
    );
    const list = { nth: ++count, socket, viewerId, users };
    addTo(listsOf, viewerId, list);
    for (const userId of users.keys()) {
      const its = watched.get(userId) ?? { lists: new Set(), elsewhere: unseen, nth: 0 };
      its.lists.add(list);
      watched.set(userId, its);
    }
    return list;
  };
  const detach = (list: List) => {
    removeFrom(listsOf, list.viewerId, list);
    for (const userId of list.users.keys()) {
      const its = watched.get(userId);
      its?.lists.delete(list);
      if (its?.lists.size === 0) watched.delete(userId);
    }
    if (current.get(list.socket) === list) current.delete(list.socket);
  };

  const shown = (userId: string, { isPerceived }: Entry): Seen => {
    const here = statusHere(userId) ?? PresenceStatus.OFFLINE;
    const elsewhere = watched.get(userId)?.elsewhere ?? unseen;
    if (!isPerceived) return unseen;
    // Online goes before away, and that before offline.
    const status = here < elsewhere.status ? here : elsewhere.status;
    return status === PresenceStatus.OFFLINE ? elsewhere : { status, lastSeenAt: undefined };
  };
  const notify = () => {
    notifying = undefined;
    const outgoing = new Map<List, Outgoing[]>();
    for (const userId of toNotify) {
      // The same text for all to whom the user is the same.
      const events = new Map<string, Outgoing>();
      for (const list of watched.get(userId)?.lists ?? []) {
        const entry = list.users.get(userId);
        if (!entry?.notified || current.get(list.socket) !== list) continue;
        const now = shown(userId, entry);
        if (isSame(now, entry.notified)) continue;
        entry.notified = now;
        const key = `${now.status} ${now.lastSeenAt?.getTime()}`;
        const event = events.get(key) ?? {
          event: "presence_changed",
          payload: create(PresenceChangedSchema, fieldsOf(userId, now)),
        };
        events.set(key, event);
        const its = outgoing.get(list) ?? [];
        its.push(event);
        outgoing.set(list, its);
      }
    }
    toNotify.clear();
    for (const [{ socket }, events] of outgoing) delivery.send(socket, events);
  };
  const notifyLater = (userId: string) => {
    if (!watched.has(userId)) return;
    toNotify.add(userId);
    notifying ??= setTimeout(notify, gatherMs).unref();
  };

  const readElsewhere = async (userIds: readonly string[]) => {
    const ids = userIds.filter((id) => watched.has(id));
    if (ids.length === 0) return;
    const nth = ++count;
    const seen = await store.readPresences(ids, instanceId);
    for (const userId of ids) {
      const its = watched.get(userId);
      // A later question may have been answered before.
      if (!its || its.nth > nth) continue;
      its.nth = nth;
      its.elsewhere = seen.get(userId) ?? unseen;
      notifyLater(userId);
    }
  };
  const perceiveAgain = async ({ viewerId, users }: List, userIds: readonly string[]) => {
    const nth = ++count;
    const perceived = await perceive(viewerId, userIds);
    for (const userId of userIds) {
      const entry = users.get(userId);
      if (!entry || entry.nth > nth) continue;
      entry.nth = nth;
      entry.isPerceived = perceived.has(userId);
      notifyLater(userId);
    }
  };
  /** What changes from then on is found by polling. */
  const noteRelations = async (userIds: readonly string[]) => {
    const ids = userIds.filter((id) => !relations.has(id));
    if (ids.length === 0) return;
    const known = await store.relationStates(ids);
    for (const id of ids) if (!relations.has(id)) relations.set(id, known.get(id) ?? "");
  };
  const relationsChanged = (userId: string) => {
    const asked = [...(listsOf.get(userId) ?? [])].map((list) =>
      perceiveAgain(list, [...list.users.keys()]),
    );
    for (const list of watched.get(userId)?.lists ?? []) {
      if (list.viewerId !== userId) asked.push(perceiveAgain(list, [userId]));
    }
    // So that the next poll asks again.
    Promise.all(asked).catch(() => relations.set(userId, "unknown"));
  };

  return {
    relationsChanged,
    changed: notifyLater,
    isWatched: (userId) => watched.has(userId),
    readAgain: (userIds) => readElsewhere(userIds).catch(() => undefined),
    async watch(socket, viewerId, userIds) {
      const list = attach(socket, viewerId, userIds);
      const ids = [...list.users.keys()];
      try {
        if (ids.length > 0) {
          await noteRelations([viewerId, ...ids]);
          await Promise.all([readElsewhere(ids), perceiveAgain(list, ids)]);
        }
      } catch (error) {
        detach(list);
        throw error;
      }
      const before = current.get(socket);
      const isLatest = (before?.nth ?? 0) < list.nth;
      if (isLatest && before) detach(before);
      if (isLatest && socket.connected && ids.length > 0) current.set(socket, list);
      else detach(list);
      return userIds.map((userId) => {
        const entry = list.users.get(userId);
        const now = entry ? shown(userId, entry) : unseen;
        if (entry) entry.notified = now;
        return create(PresenceSchema, fieldsOf(userId, now));
      });
    },
    unwatch(socket) {
      const list = current.get(socket);
      if (list) detach(list);
    },
    async poll() {
      const ids = [...new Set([...watched.keys(), ...listsOf.keys()])];
      for (const id of relations.keys()) {
        if (!watched.has(id) && !listsOf.has(id)) relations.delete(id);
      }
      for (let i = 0; i < ids.length; i += mostAtOnce) {
        const part = ids.slice(i, i + mostAtOnce);
        const [known] = await Promise.all([store.relationStates(part), readElsewhere(part)]);
        for (const id of part) {
          const before = relations.get(id);
          const now = known.get(id) ?? "";
          relations.set(id, now);
          if (before === undefined || before === now) continue;
          forget(id);
          relationsChanged(id);
        }
      }
    },
    [Symbol.dispose]: () => clearTimeout(notifying),
  };
}

function fieldsOf(userId: string, { status, lastSeenAt }: Seen) {
  return { userId, status, ...(lastSeenAt && { lastSeenAt: timestampFromDate(lastSeenAt) }) };
}

function isSame(a: Seen, b: Seen): boolean {
  return a.status === b.status && a.lastSeenAt?.getTime() === b.lastSeenAt?.getTime();
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(item));
}

function removeFrom<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const set = sets.get(key);
  set?.delete(item);
  if (set?.size === 0) sets.delete(key);
}
