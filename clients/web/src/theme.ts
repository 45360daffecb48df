import { useSyncExternalStore } from "react";
import { readLocal, writeLocal } from "./local.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "aetherconnect.theme";
const listeners = new Set<() => void>();
let theme = themes.find((it) => it === readLocal(key)) ?? "system";
show();

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

export function setTheme(next: Theme): void {
  theme = next;
  writeLocal(key, next === "system" ? null : next);
  show();
  for (const listener of listeners) listener();
}

function show(): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
