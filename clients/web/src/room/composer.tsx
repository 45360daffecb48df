import type { OpenRoom, Thread } from "@aetherconnect/client";
import { type KeyboardEvent, useId, useRef } from "react";
import { useIsServerOld, useMe, useSnapshot } from "../chat.ts";
import { EmojiButton } from "../ui/emoji-button.tsx";
import { GrowingField, replaceText } from "../ui/growing-field.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { useDraft } from "./drafts.ts";
import { MentionList } from "./mention-list.tsx";
import { mentionsOf } from "./mentions.ts";
import { useSuggestions } from "./use-suggestions.ts";
import "./composer.css";

interface ComposerProps {
  room: OpenRoom;
  /** What is written goes into it, instead of beside the other messages. */
  thread?: { seq: number; send: Thread["send"] };
  isReadOnly: boolean;
  /** The arrow up was pressed in the empty field. */
  onEditLast?: () => void;
  onSent?: () => void;
}

const mostCharacters = 4_000;
const shownBelow = 200;

export function Composer({ room, thread, isReadOnly, ...props }: ComposerProps) {
  const { room: info, members } = useSnapshot(room);
  const me = useMe();
  const isServerOld = useIsServerOld();
  const [draft, setDraft] = useDraft(me.id, thread ? `${room.id}/${thread.seq}` : room.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const suggestions = useSuggestions({ field, draft, setDraft, members, myId: me.id });
  const left = mostCharacters - [...draft].length;
  const canSend = draft.trim() !== "" && left >= 0 && !isReadOnly;

  const send = () => {
    if (!canSend) return;
    // It would refuse what it doesn't know.
    const options = isServerOld ? {} : mentionsOf(draft, members);
    const sent = thread ? thread.send(draft, options) : room.send(draft, options);
    // A refusal stands at the message.
    sent.catch(() => undefined);
    setDraft("");
    props.onSent?.();
  };
  const change = (text: string) => {
    setDraft(text);
    if (text.trim()) room.typing();
  };
  const insert = (text: string) => {
    if (!field.current) return;
    const { selectionStart, selectionEnd } = field.current;
    change(replaceText(field.current, selectionStart, selectionEnd, text));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || suggestions.onKeyDown(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && draft === "" && props.onEditLast) {
      event.preventDefault();
      props.onEditLast();
    }
  };

  const name = info?.roomType === "direct" ? info.name : `#${info?.name ?? ""}`;
  const label = thread ? "Reply" : `Message ${name}`;
  return (
    <div className="composer">
      {suggestions.members.length > 0 && (
        <MentionList
          id={listId}
          members={suggestions.members}
          active={suggestions.active}
          onPick={suggestions.pick}
        />
      )}
      <div className="composer-box">
        <GrowingField
          ref={field}
          label={label}
          placeholder={isReadOnly ? "You can't write here" : label}
          value={draft}
          isDisabled={isReadOnly}
          autoFocus={matchMedia("(hover: hover)").matches}
          onChange={change}
          onKeyDown={onKeyDown}
          onSelect={suggestions.look}
          suggestions={
            suggestions.members.length > 0
              ? {
                  "aria-controls": listId,
                  "aria-activedescendant": `${listId}-${suggestions.active}`,
                }
              : undefined
          }
        />
        {left < shownBelow && (
          <span className={`composer-left${left < 0 ? " is-over" : ""}`} role="status">
            {left}
            <span className="hidden-text"> characters left</span>
          </span>
        )}
        <EmojiButton label="Emoji" isDisabled={isReadOnly} onPick={insert} />
        <IconButton icon="send" label="Send" isDisabled={!canSend} onPress={send} />
      </div>
    </div>
  );
}
