import type { OpenRoom } from "@aetherconnect/client";
import { useState } from "react";
import { MessageSearch } from "../search/message-search.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Panel } from "../ui/panel.tsx";

export function SearchPanel({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const [text, setText] = useState("");
  return (
    <Panel title="Search this room" onClose={onClose}>
      <div className="search panel-search panel-body scrolls">
        <MessageSearch label="Search this room" text={text} onChange={setText} roomId={room.id}>
          <EmptyState icon="search" title="Find what was said here">
            By words in any order, with or without accents.
          </EmptyState>
        </MessageSearch>
      </div>
    </Panel>
  );
}
