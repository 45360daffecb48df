import type { OpenRoom } from "@aetherconnect/client";
import { useEffect, useRef, useState } from "react";
import { useSnapshot } from "../chat.ts";
import { RoomContext } from "../message/room-context.ts";
import { hrefOf, navigate, type RoomRoute } from "../router.ts";
import { Composer } from "./composer.tsx";
import { lastOwn } from "./last-own.ts";
import { LiveRegion } from "./live-region.tsx";
import { MembersPanel } from "./members-panel.tsx";
import { PinsPanel } from "./pins-panel.tsx";
import { type PanelName, RoomHeader } from "./room-header.tsx";
import { RoomTimeline, type TimelineHandle } from "./room-timeline.tsx";
import { SearchPanel } from "./search-panel.tsx";
import { ThreadPanel } from "./thread-panel.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useMembers } from "./use-members.ts";
import { useRoomContextValue } from "./use-room-context.ts";
import "./room-view.css";

export function RoomView({ room, route }: { room: OpenRoom; route: RoomRoute }) {
  const { thread } = route;
  const { room: info, messages, typing } = useSnapshot(room);
  const [panel, setPanel] = useState<PanelName>();
  const timeline = useRef<TimelineHandle>(null);
  const context = useRoomContextValue(room, false);
  const { myId, setEditing, isReadOnly, hasTools } = context;
  useMembers(room);
  useEffect(() => {
    // There a panel stands in the place of the messages, and makes way for the one that is wanted.
    if (route.seq && matchMedia("(max-width: 68rem)").matches) setPanel(undefined);
  }, [route]);

  const closeThread = () => navigate(hrefOf({ page: "room", roomId: room.id }));
  const toggle = (name: PanelName) => {
    if (thread) closeThread();
    setPanel(panel === name && !thread ? undefined : name);
  };
  const editLast = () => {
    const own = lastOwn(messages, myId);
    if (own && hasTools) setEditing(own.seq);
  };
  return (
    <RoomContext value={context}>
      <main className={`room-view${panel || thread ? " has-panel" : ""}`}>
        <section className="room-view-main" aria-label={info?.name ?? "Room"}>
          <RoomHeader room={room} panel={thread ? undefined : panel} onToggle={toggle} />
          <RoomTimeline ref={timeline} room={room} target={route} />
          <TypingLine typists={typing} />
          <Composer
            room={room}
            isReadOnly={isReadOnly}
            onEditLast={editLast}
            onSent={() => timeline.current?.onSent()}
          />
          <LiveRegion room={room} />
        </section>
        {thread ? (
          <ThreadPanel key={thread} room={room} seq={thread} onClose={closeThread} />
        ) : (
          panel && <SidePanel name={panel} room={room} onClose={() => setPanel(undefined)} />
        )}
      </main>
    </RoomContext>
  );
}

const panels = { members: MembersPanel, pins: PinsPanel, search: SearchPanel };

function SidePanel(props: { name: PanelName; room: OpenRoom; onClose: () => void }) {
  const { name, ...rest } = props;
  const Named = panels[name];
  return <Named {...rest} />;
}
