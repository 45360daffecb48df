import type { Member } from "@aetherconnect/client";
import { memo } from "react";
import { MessageItem } from "../message/message-item.tsx";
import { dayName } from "../ui/times.ts";
import { RoomStart } from "./room-start.tsx";
import type { Row } from "./rows.ts";
import "./timeline-row.css";

/** A row with the lines that stand above it. */
export const TimelineRow = memo(function TimelineRow(props: TimelineRowProps) {
  const { row, isTarget, readers } = props;
  if (row.kind === "start") return <RoomStart />;
  const { message, beginsDay, isFirstNew, isFollowUp, key } = row;
  return (
    <>
      {beginsDay && (
        <div className="day-line">
          <time dateTime={message.createdAt}>{dayName(message.createdAt)}</time>
        </div>
      )}
      {isFirstNew && <div className="new-line">New</div>}
      <MessageItem
        message={message}
        rowKey={key}
        isFollowUp={isFollowUp}
        isTarget={isTarget}
        readers={readers}
      />
    </>
  );
});

interface TimelineRowProps {
  row: Row;
  isTarget: boolean;
  /** Who has read up to it. */
  readers?: readonly Member[] | undefined;
}
