import { ChatError, type OpenRoom, type RoomSnapshot } from "@aetherconnect/client";
import {
  type Ref,
  useCallback,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { useSnapshot } from "../chat.ts";
import { textOf } from "../errors.ts";
import type { RoomRoute } from "../router.ts";
import { MessageList, type MessageListHandle } from "../timeline/message-list.tsx";
import { type Row, rowsOf } from "../timeline/rows.ts";
import { TimelineRow } from "../timeline/timeline-row.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import { JumpButton } from "./jump-button.tsx";
import { UnreadBar } from "./unread-bar.tsx";
import { useNewLine } from "./use-new-line.ts";
import { useReadMarks } from "./use-read-marks.ts";
import { useReaders } from "./use-readers.ts";
import "./room-timeline.css";

export interface TimelineHandle {
  /** Something was sent: its end is shown. */
  onSent: () => void;
}

interface RoomTimelineProps {
  ref?: Ref<TimelineHandle>;
  room: OpenRoom;
  /** May name a message to show; each visit is another object. */
  target: RoomRoute;
}

export function RoomTimeline(props: RoomTimelineProps) {
  const snapshot = useSnapshot(props.room);
  const { messages, isLoading, error } = snapshot;
  if (messages.length === 0 && error) {
    return <EmptyState icon="lock" title={textOf(new ChatError(error))} />;
  }
  if (messages.length === 0 && isLoading) {
    return (
      <div className="room-timeline">
        <Skeletons label="Loading messages" count={8} />
      </div>
    );
  }
  return <LoadedTimeline {...props} snapshot={snapshot} />;
}

const ignore = () => undefined;
const highlightMs = 2_500;

function LoadedTimeline(props: RoomTimelineProps & { snapshot: RoomSnapshot }) {
  const { room, target } = props;
  const { messages, hasOlder, hasNewer, isLoading, firstUnreadSeq, room: info } = props.snapshot;
  const list = useRef<MessageListHandle>(null);
  const [newLine, removeNewLine] = useNewLine(firstUnreadSeq, info?.lastSeq ?? 0);
  const rows = useMemo(() => rowsOf(messages, hasOlder, newLine), [messages, hasOlder, newLine]);
  const firstKey = rows.find((it) => it.kind === "message" && it.isFirstNew)?.key;
  const [isEndShown, setIsEndShown] = useState(firstKey === undefined);
  const [wanted, setWanted] = useState<number>();
  const [highlighted, setHighlighted] = useState<number>();
  const [reached, setReached] = useState(0);
  /** The first of all that was in sight until now. */
  const [earliest, setEarliest] = useState<number>();
  useReadMarks(room, isEndShown, reached);
  const readers = useReaders(room);

  const rowOf = (seq: number) => rows.find((it) => it.kind === "message" && it.message.seq === seq);
  /** Shows a message, wherever it stands in the room. */
  const goTo = (seq: number) => {
    setWanted(seq);
    if (!rowOf(seq)) room.loadAround(seq).catch(ignore);
  };
  const goToTarget = useEffectEvent(goTo);
  useEffect(() => {
    if (target.seq) goToTarget(target.seq);
  }, [target]);
  const showWanted = useEffectEvent(() => {
    const row = wanted === undefined ? undefined : rowOf(wanted);
    if (!row || !list.current?.scrollToKey(row.key)) return;
    setWanted(undefined);
    setHighlighted(wanted);
  });
  useEffect(() => {
    if (wanted !== undefined && rows.length > 0) showWanted();
  }, [wanted, rows]);
  useEffect(() => {
    if (highlighted === undefined) return;
    const timer = setTimeout(() => setHighlighted(undefined), highlightMs);
    return () => clearTimeout(timer);
  }, [highlighted]);

  const toEnd = async () => {
    if (hasNewer) await room.jumpToNewest().catch(ignore);
    list.current?.scrollToEnd();
  };
  useImperativeHandle(props.ref, () => ({
    onSent: () => {
      removeNewLine();
      void toEnd();
    },
  }));

  const renderRow = useCallback(
    (row: Row) => (
      <TimelineRow
        row={row}
        isTarget={row.kind === "message" && row.message.seq === highlighted}
        readers={row.kind === "message" ? readers.get(row.message.seq) : undefined}
      />
    ),
    [highlighted, readers],
  );
  const onShown = (first: Row, last: Row) => {
    const seq = first.kind === "message" ? first.message.seq : 0;
    setEarliest((before) => Math.min(before ?? seq, seq));
    if (last.kind === "message") setReached(last.message.seq);
  };
  const isAbove = newLine !== null && earliest !== undefined && newLine < earliest;
  return (
    <div className="room-timeline">
      {isAbove && (
        <UnreadBar
          count={(info?.lastSeq ?? newLine) - newLine + 1}
          onJump={() => goTo(newLine)}
          onClose={removeNewLine}
        />
      )}
      <MessageList
        ref={list}
        label="Messages"
        rows={rows}
        hasOlder={hasOlder}
        hasNewer={hasNewer}
        isLoading={isLoading}
        firstKey={firstKey}
        onNeedOlder={room.loadOlder}
        onNeedNewer={room.loadNewer}
        onEndShown={setIsEndShown}
        onShown={onShown}
        renderRow={renderRow}
      />
      {(hasNewer || !isEndShown) && (
        <JumpButton hasUnread={firstUnreadSeq !== null} onPress={() => void toEnd()} />
      )}
    </div>
  );
}
