import type { EmojiData } from "frimousse";
import { useState } from "react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { flushSync } from "react-dom";
import { IconButton } from "./icon-button.tsx";
import { createLoadable, useLoadable } from "./loadable.tsx";
import "./emoji-button.css";

export const emojiPicker = createLoadable(async () => {
  const { EmojiPicker } = await import("./emoji-picker.tsx");
  return EmojiPicker;
});
const emojiData = createLoadable<EmojiData>(async () => (await fetch("/emoji.json")).json());

interface EmojiButtonProps {
  label: string;
  size?: "s" | "m";
  isDisabled?: boolean;
  onPick: (emoji: string) => void;
  onOpenChange?: (isOpen: boolean) => void;
}

export function EmojiButton({ label, size = "m", isDisabled = false, ...props }: EmojiButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const change = (next: boolean) => {
    setIsOpen(next);
    props.onOpenChange?.(next);
  };
  const pick = (emoji: string) => {
    // As long as it is open it keeps the focus, that the emoji may go elsewhere with.
    flushSync(() => change(false));
    props.onPick(emoji);
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={change}>
      <IconButton icon="smile" label={label} size={size} isDisabled={isDisabled} />
      <Popover className="emoji-popover" placement="top end" offset={6}>
        <Dialog aria-label="Emoji" className="emoji-dialog">
          <Picker onPick={pick} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  const picker = useLoadable(emojiPicker);
  const data = useLoadable(emojiData);
  const EmojiPicker = picker.loaded;
  if (picker.failed || data.failed) return picker.failed || data.failed;
  if (EmojiPicker) return <EmojiPicker loadEmoji={emojiData.load} onPick={onPick} />;
  return <p className="emoji-loading">Loading…</p>;
}
