import type { Readable } from "@aetherconnect/client";
import { type ReactNode, useEffect } from "react";
import { useSnapshot } from "../chat.ts";
import { Button } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";

/**
 * A part of the page that is loaded apart, when it is needed or before. React.lazy would keep a
 * failure, and throw it.
 */
export interface Loadable<T> extends Readable<LoadableSnapshot<T>> {
  /** Loads it once; what has failed is tried again. */
  load: () => Promise<T>;
}

interface LoadableSnapshot<T> {
  loaded: T | undefined;
  isBusy: boolean;
  /** The last try has failed. */
  isFailed: boolean;
}

export function createLoadable<T>(getIt: () => Promise<T>): Loadable<T> {
  let snapshot: LoadableSnapshot<T> = { loaded: undefined, isBusy: false, isFailed: false };
  let loading: Promise<T> | undefined;
  const listeners = new Set<() => void>();
  const set = (next: LoadableSnapshot<T>) => {
    snapshot = next;
    for (const listener of listeners) listener();
  };
  const tryIt = async () => {
    set({ ...snapshot, isBusy: true });
    try {
      const loaded = await getIt();
      set({ loaded, isBusy: false, isFailed: false });
      return loaded;
    } catch (error) {
      loading = undefined;
      set({ ...snapshot, isBusy: false, isFailed: true });
      throw error;
    }
  };
  return {
    getSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load() {
      loading ??= tryIt();
      return loading;
    },
  };
}

interface Loaded<T> {
  loaded: T | undefined;
  /** What to show in its place where it can't be loaded. */
  failed: ReactNode;
}

export function useLoadable<T>(loadable: Loadable<T>): Loaded<T> {
  const { loaded, isBusy, isFailed } = useSnapshot(loadable);
  const load = () => void loadable.load().catch(() => undefined);
  useEffect(() => {
    loadable.load().catch(() => undefined);
  }, [loadable]);
  const failed = isFailed && (
    <EmptyState
      icon="alert"
      role="alert"
      title="This can't be loaded"
      actions={
        <>
          <Button look="main" onPress={load} isPending={isBusy}>
            Try again
          </Button>
          <Button onPress={() => location.reload()}>Reload the page</Button>
        </>
      }
    >
      You may be offline. If you aren't, there may be a newer version: reload the page. What you
      have written is kept.
    </EmptyState>
  );
  return { loaded, failed };
}
