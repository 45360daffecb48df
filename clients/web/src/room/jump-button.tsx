import { Icon } from "../ui/icon.tsx";
import "./jump-button.css";

interface JumpButtonProps {
  hasUnread: boolean;
  onPress: () => void;
}

export function JumpButton({ hasUnread, onPress }: JumpButtonProps) {
  return (
    <button
      type="button"
      className={`jump-button${hasUnread ? " has-unread" : ""}`}
      onClick={onPress}
    >
      <Icon name="arrow-down" />
      {hasUnread ? "New messages" : "Newest"}
    </button>
  );
}
