import type { OpenRoom } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useSnapshot } from "../chat.ts";
import { textOf } from "../errors.ts";
import { FoundMessage } from "../search/found-message.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FormError } from "../ui/form-error.tsx";
import { Panel } from "../ui/panel.tsx";
import { Skeletons } from "../ui/skeletons.tsx";

export function PinsPanel({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const { pins } = useSnapshot(room);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    room.loadPins().catch(setError);
  }, [room]);
  return (
    <Panel title="Pinned messages" onClose={onClose}>
      {!pins && error !== undefined && <FormError text={textOf(error)} />}
      {!pins && error === undefined && <Skeletons label="Loading pinned messages" count={4} />}
      {pins?.length === 0 && (
        <EmptyState icon="pin" title="Nothing is pinned">
          Pin what others should find at once, by the menu of a message.
        </EmptyState>
      )}
      {pins && pins.length > 0 && (
        <ul className="found panel-body scrolls">
          {pins.map((message) => (
            <FoundMessage key={message.id} message={message} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
