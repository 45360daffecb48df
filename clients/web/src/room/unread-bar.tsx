import { IconButton } from "../ui/icon-button.tsx";
import "./unread-bar.css";

interface UnreadBarProps {
  count: number;
  onJump: () => void;
  onClose: () => void;
}

/** What is new begins above all that was in sight. */
export function UnreadBar({ count, onJump, onClose }: UnreadBarProps) {
  return (
    <div className="unread-bar">
      <span>{count} new messages</span>
      <button type="button" className="text-button" onClick={onJump}>
        Jump to the first
      </button>
      <IconButton icon="close" label="Leave out" size="s" onPress={onClose} />
    </div>
  );
}
