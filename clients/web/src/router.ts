import { useSyncExternalStore } from "react";

/** Where one is, as the address says. */
export type Route =
  | { page: "home" }
  | RoomRoute
  | { page: "browse" }
  | { page: "search"; query: string }
  | { page: "mentions" }
  | { page: "settings"; tab: SettingsTab }
  | { page: "unknown" };

export interface RoomRoute {
  page: "room";
  roomId: string;
  /** The message to show. */
  seq?: number;
  /** The message whose thread is shown beside. */
  thread?: number;
}

export const settingsTabs = ["profile", "appearance", "sessions", "blocked"] as const;
export type SettingsTab = (typeof settingsTabs)[number];

export function parseRoute({ pathname, search }: Pick<URL, "pathname" | "search">): Route {
  const [first = "", second, third, ...rest] = pathname.split("/").filter(Boolean);
  const query = new URLSearchParams(search);
  if (rest.length > 0) return { page: "unknown" };
  if (first === "") return { page: "home" };
  if (first === "rooms" && second && /^[0-9a-f]{24}$/.test(second)) {
    const seq = numberOf(third);
    const thread = numberOf(query.get("thread"));
    return { page: "room", roomId: second, ...(seq && { seq }), ...(thread && { thread }) };
  }
  if (first === "search" && !second) return { page: "search", query: query.get("q") ?? "" };
  if ((first === "browse" || first === "mentions") && !second) return { page: first };
  const tab = settingsTabs.find((it) => it === (second ?? "profile"));
  if (first === "settings" && tab) return { page: "settings", tab };
  return { page: "unknown" };
}

export function hrefOf(route: Exclude<Route, { page: "unknown" }>): string {
  switch (route.page) {
    case "home":
      return "/";
    case "room": {
      const path = `/rooms/${route.roomId}${route.seq ? `/${route.seq}` : ""}`;
      return route.thread ? `${path}?thread=${route.thread}` : path;
    }
    case "search":
      return route.query ? `/search?${new URLSearchParams({ q: route.query })}` : "/search";
    case "settings":
      return `/settings/${route.tab}`;
    default:
      return `/${route.page}`;
  }
}

/** Goes to an address of this application, as a link to it does: also when one is there already. */
export function navigate(href: string, { replaces = false } = {}): void {
  const isThere = href === location.pathname + location.search;
  if (replaces || isThere) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  moved();
}

const listeners = new Set<() => void>();
let route = parseRoute(location);

function moved(): void {
  route = parseRoute(location);
  for (const listener of listeners) listener();
}

addEventListener("popstate", moved);

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => route);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function numberOf(text: string | null | undefined): number | undefined {
  return text && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
