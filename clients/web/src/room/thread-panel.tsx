import type { OpenRoom, Thread } from "@aetherconnect/client";
import { useEffect, useMemo, useRef, useState } from "react";
import { useSnapshot } from "../chat.ts";
import { RoomContext } from "../message/room-context.ts";
import { MessageList, type MessageListHandle } from "../timeline/message-list.tsx";
import { type Row, rowsOf } from "../timeline/rows.ts";
import { TimelineRow } from "../timeline/timeline-row.tsx";
import { Panel } from "../ui/panel.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import { Composer } from "./composer.tsx";
import { lastOwn } from "./last-own.ts";
import { useRoomContextValue } from "./use-room-context.ts";

interface ThreadPanelProps {
  room: OpenRoom;
  /** The message that the thread hangs on. */
  seq: number;
  onClose: () => void;
}

export function ThreadPanel({ room, seq, onClose }: ThreadPanelProps) {
  const [thread, setThread] = useState<Thread>();
  useEffect(() => {
    const opened = room.thread(seq);
    setThread(opened);
    return () => opened.close();
  }, [room, seq]);
  return (
    <Panel title="Thread" onClose={onClose}>
      {thread && <LoadedThread room={room} seq={seq} thread={thread} />}
    </Panel>
  );
}

interface LoadedThreadProps {
  room: OpenRoom;
  seq: number;
  thread: Thread;
}

function LoadedThread({ room, seq, thread }: LoadedThreadProps) {
  const { root, replies, hasOlder, isLoading } = useSnapshot(thread);
  const context = useRoomContextValue(room, true);
  const list = useRef<MessageListHandle>(null);
  const rows = useMemo(() => {
    const messages = root && !hasOlder ? [root, ...replies] : replies;
    return rowsOf(messages, hasOlder, null).filter(({ kind }) => kind === "message");
  }, [root, replies, hasOlder]);
  const { setEditing, myId, isReadOnly } = context;
  const editLast = () => {
    const own = lastOwn(replies, myId);
    if (own) setEditing(own.seq);
  };
  return (
    <RoomContext value={context}>
      {rows.length === 0 && isLoading ? (
        <Skeletons label="Loading thread" count={4} />
      ) : (
        <MessageList
          ref={list}
          label="Thread"
          rows={rows}
          hasOlder={hasOlder}
          hasNewer={false}
          isLoading={isLoading}
          onNeedOlder={thread.loadOlder}
          onEndShown={() => undefined}
          renderRow={renderRow}
        />
      )}
      <Composer
        room={room}
        thread={{ seq, send: thread.send }}
        isReadOnly={isReadOnly}
        onEditLast={editLast}
        onSent={() => list.current?.scrollToEnd()}
      />
    </RoomContext>
  );
}

function renderRow(row: Row) {
  return <TimelineRow row={row} isTarget={false} />;
}
