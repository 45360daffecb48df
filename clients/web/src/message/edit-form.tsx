import type { ShownMessage } from "@aetherconnect/client";
import { type KeyboardEvent, useRef, useState } from "react";
import { Button } from "../ui/button.tsx";
import { GrowingField } from "../ui/growing-field.tsx";
import { useRoomContext } from "./room-context.ts";
import "./edit-form.css";

export function EditForm({ message, onDone }: { message: ShownMessage; onDone: () => void }) {
  const { room } = useRoomContext();
  const [content, setContent] = useState(message.content);
  const form = useRef<HTMLDivElement>(null);
  const [cameFrom] = useState(() => document.activeElement);
  /** The focus goes back to where one was writing, else to the message. */
  const close = () => {
    const isWriting = cameFrom instanceof HTMLTextAreaElement && cameFrom.isConnected;
    (isWriting ? cameFrom : form.current?.closest("article"))?.focus();
    onDone();
  };
  const save = () => {
    close();
    // A refusal stands at the message.
    if (content.trim() && content !== message.content) {
      room.edit(message.seq, content).catch(() => undefined);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div ref={form} className="edit-form">
      <GrowingField
        label="Edit message"
        value={content}
        onChange={setContent}
        onKeyDown={onKeyDown}
        autoFocus
      />
      <div className="edit-form-actions">
        <Button look="quiet" onPress={close}>
          Cancel
        </Button>
        <Button look="main" onPress={save} isDisabled={!content.trim()}>
          Save
        </Button>
      </div>
    </div>
  );
}
