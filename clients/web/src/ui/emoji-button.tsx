import { lazy, Suspense, useState } from "react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { flushSync } from "react-dom";
import { IconButton } from "./icon-button.tsx";
import "./emoji-button.css";

const EmojiPicker = lazy(() => import("./emoji-picker.tsx"));

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
          <Suspense fallback={<p className="emoji-loading">Loading…</p>}>
            <EmojiPicker onPick={pick} />
          </Suspense>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
