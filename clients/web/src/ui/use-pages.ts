import { useEffect, useEffectEvent, useState } from "react";

interface Pages<T> {
  items: readonly T[];
  isLoading: boolean;
  error: unknown;
  /** Loads the next page; undefined at the end. */
  loadMore: (() => void) | undefined;
}

interface Page<T> {
  items: readonly T[];
  next: string | null;
}

const nothing = { items: [], next: null, isLoading: true, error: undefined };

/** What comes by pages, anew whenever `key` is another. Null: there is nothing to ask for. */
export function usePages<T>(
  key: string | null,
  load: (cursor: string | undefined) => Promise<Page<T>>,
): Pages<T> {
  type State = Page<T> & { isLoading: boolean; error: unknown };
  const [state, setState] = useState<State>(nothing);
  const fetchPage = useEffectEvent(load);
  useEffect(() => {
    if (key === null) return setState({ ...nothing, isLoading: false });
    let isCurrent = true;
    setState(nothing);
    fetchPage(undefined).then(
      (page) => isCurrent && setState({ ...page, isLoading: false, error: undefined }),
      (error: unknown) => isCurrent && setState({ ...nothing, isLoading: false, error }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  const { next } = state;
  const loadMore = async () => {
    if (state.isLoading || next === null) return;
    setState({ ...state, isLoading: true, error: undefined });
    try {
      const page = await load(next);
      setState((before) =>
        before.next === next
          ? { ...page, items: [...before.items, ...page.items], isLoading: false, error: undefined }
          : before,
      );
    } catch (error) {
      setState((before) =>
        before.next === next ? { ...before, isLoading: false, error } : before,
      );
    }
  };
  return { ...state, loadMore: next === null ? undefined : () => void loadMore() };
}
