import {
  type KeyboardEvent,
  type ReactElement,
  type Ref,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { type Anchor, anchorAt, countAbove, keepAnchor } from "./anchor.ts";
import type { Row } from "./rows.ts";
import "./message-list.css";

export interface MessageListHandle {
  /** Answers whether it is there to be shown. */
  scrollToKey: (key: string) => boolean;
  scrollToEnd: () => void;
}

interface MessageListProps {
  ref?: Ref<MessageListHandle>;
  label: string;
  rows: readonly Row[];
  hasOlder: boolean;
  hasNewer: boolean;
  isLoading: boolean;
  /** The row to begin with; else it begins at the end. */
  firstKey?: string | undefined;
  /** Rejects where they can't be had now: it is called again then. */
  onNeedOlder: () => Promise<void>;
  onNeedNewer?: () => Promise<void>;
  /** Whether the last of the rows is in sight. */
  onEndShown: (isShown: boolean) => void;
  /** The first row in sight, and the last that is wholly so. */
  onShown?: (first: Row, last: Row) => void;
  /** The same function as long as it renders the same. */
  renderRow: (row: Row) => ReactElement;
}

/** Further rows are asked for so many pixels before they would be seen. */
const aheadPx = 3_000;
const againMs = 3_000;
/** So near to the end counts as there. */
const endPx = 24;

/** Rows that stay where they are while older ones are put before them and newer ones come. */
export function MessageList(props: MessageListProps) {
  const { rows, hasOlder, hasNewer, renderRow } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const anchor = useRef<Anchor>(undefined);
  const shownKeys = useRef<ReadonlySet<string>>(new Set());
  const [failures, setFailures] = useState(0);
  const last = rows.length - 1;

  const keep = () => {
    if (!scroller.current || !anchor.current) return;
    anchor.current = keepAnchor(scroller.current, anchor.current);
  };
  const look = () => {
    const list = scroller.current;
    if (!list || !content.current || list.clientHeight === 0) return;
    // It may have come to the very start since rows were put there.
    keep();
    const elements = content.current.children;
    const { top, bottom } = list.getBoundingClientRect();
    const above = countAbove(elements, top);
    const element = elements[above];
    anchor.current = element && anchorAt(element);
    const [first, reached] = [rows[above], rows[countAbove(elements, bottom) - 1]];
    if (first && reached) props.onShown?.(first, reached);
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    isAtEnd.current = below <= endPx;
    props.onEndShown(isAtEnd.current);
    if (hasOlder && list.scrollTop < aheadPx) load(props.onNeedOlder);
    if (hasNewer && props.onNeedNewer && below < aheadPx) load(props.onNeedNewer);
  };
  const load = (more: () => Promise<void>) => {
    more().catch(() => setFailures((count) => count + 1));
  };
  const lookAgain = useEffectEvent(look);
  useEffect(() => {
    if (failures === 0) return;
    // Who is at the very start, or the end, can't scroll on to ask for more.
    const timer = setTimeout(() => lookAgain(), againMs);
    return () => clearTimeout(timer);
  }, [failures]);
  const toEnd = () => {
    anchor.current = undefined;
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  /** After rows or sizes have changed: who reads the end goes on reading the end. */
  const settle = () => (isAtEnd.current && !hasNewer ? toEnd() : keep());
  const findRow = (key: string) =>
    content.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`);
  const scrollToKey = (key: string) => {
    const list = scroller.current;
    const row = findRow(key);
    if (!list || !row) return false;
    const box = row.getBoundingClientRect();
    const middle = list.getBoundingClientRect().top + list.clientHeight / 2;
    list.scrollTop += (box.top + box.bottom) / 2 - middle;
    look();
    return true;
  };
  useImperativeHandle(props.ref, () => ({
    scrollToKey,
    scrollToEnd: () => {
      isAtEnd.current = true;
      toEnd();
    },
  }));

  const place = useEffectEvent(() => {
    const isContinued = rows.some(({ key }) => shownKeys.current.has(key));
    shownKeys.current = new Set(rows.map(({ key }) => key));
    if (isContinued) return settle();
    if (!props.firstKey || !scrollToKey(props.firstKey)) toEnd();
    look();
  });
  const [firstShown, lastShown] = [rows[0]?.key, rows[last]?.key];
  useLayoutEffect(() => {
    if (firstShown && lastShown) place();
  }, [firstShown, lastShown]);
  const resized = useEffectEvent(() => {
    settle();
    look();
  });
  useEffect(() => {
    if (!scroller.current || !content.current) return;
    const observer = new ResizeObserver(() => resized());
    observer.observe(scroller.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  const focusRow = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const { target } = event;
    if (step === 0 || !(target instanceof HTMLElement)) return;
    const { row: focused } = target.dataset;
    if (focused === undefined && target !== event.currentTarget) return;
    event.preventDefault();
    const at = focused === undefined ? last + 1 : rows.findIndex(({ key }) => key === focused);
    const next = rows[Math.min(Math.max(at + step, 0), last)];
    if (next) findRow(next.key)?.focus();
  };

  // The same elements as long as nothing of them changes: there are many.
  const rendered = useMemo(
    () => rows.map((row) => <div key={row.key}>{renderRow(row)}</div>),
    [rows, renderRow],
  );
  return (
    <div
      ref={scroller}
      className="message-list scrolls"
      role="feed"
      aria-label={props.label}
      aria-busy={props.isLoading}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
      onKeyDown={focusRow}
      onScroll={look}
    >
      <div ref={content} className="message-list-rows">
        {rendered}
      </div>
    </div>
  );
}
