import type { Wire } from "./connection-types.ts";
import { toChatError } from "./errors.ts";
import type { Presence as UserPresence } from "./gen/contract.ts";
import { createView, type Readable } from "./state.ts";
import { isHidden, onPage, persist } from "./waiting.ts";

/** Of the users that are watched, by their ids. */
export type PresenceSnapshot = Readonly<Record<string, UserPresence>>;

export interface Presence extends Readable<PresenceSnapshot> {
  /** Watches users until what it answers is called. At most 200 are watched at a time. */
  watch: (userIds: readonly string[]) => () => void;
  /** Pages say by themselves whether they are hidden. */
  set: (status: "online" | "away") => Promise<void>;
}

const mostWatched = 200;
/** The server takes few lists a second, and lists of users come one after the other. */
const gatherMs = 250;

export function createPresence(wire: Wire, end: AbortSignal): Presence {
  const lists = new Set<readonly string[]>();
  let known: PresenceSnapshot = {};
  let own: "online" | "away" | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const view = createView(() => known);

  const learn = (users: readonly UserPresence[]) => {
    known = { ...known, ...Object.fromEntries(users.map((it) => [it.userId, it])) };
    view.changed();
  };
  const ask = async () => {
    timer = undefined;
    const userIds = [...new Set([...lists].flat())].slice(0, mostWatched);
    try {
      if (!end.aborted) await wire.emit("watch_presence", { userIds }, (it) => learn(it.users));
    } catch (error) {
      // The next connection asks again.
      if (wire.isUp() && toChatError(error).isPassing) askIn(4 * gatherMs);
    }
  };
  const askIn = (ms: number) => {
    if (timer === undefined) timer = setTimeout(ask, ms);
  };
  const say = () =>
    persist(
      () => wire.emit("set_presence", { status: own ?? (isHidden() ? "away" : "online") }),
      wire.isUp,
      end,
    );

  wire.on("presence_changed", (user) => {
    if ([...lists].some((it) => it.includes(user.userId))) learn([user]);
  });
  wire.onUp(async () => {
    if (lists.size > 0) askIn(gatherMs);
    // A new socket counts as online.
    if (own === "away" || isHidden()) say().catch(() => undefined);
  });
  wire.onDown(() => {
    known = {};
    view.changed();
  });
  onPage("visibilitychange", () => void say().catch(() => undefined), end);

  return {
    ...view,
    watch(userIds) {
      const list = [...userIds];
      lists.add(list);
      askIn(gatherMs);
      return () => {
        if (lists.delete(list)) askIn(gatherMs);
      };
    },
    set(status) {
      own = status;
      return say();
    },
  };
}
