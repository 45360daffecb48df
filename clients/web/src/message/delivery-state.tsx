import type { ShownMessage } from "@aetherconnect/client";
import { ChatError } from "@aetherconnect/client";
import { textOf } from "../errors.ts";
import { Icon } from "../ui/icon.tsx";
import { useRoomContext } from "./room-context.ts";
import "./delivery-state.css";

/** Says of what one has written or done that it is on its way, or why it was refused. */
export function DeliveryState({ message }: { message: ShownMessage }) {
  const { room } = useRoomContext();
  const { status, localId, error } = message;
  if (status === "pending") {
    return (
      <span className="delivery-state">
        <Icon name="clock" />
        <span className="hidden-text">Not sent yet</span>
      </span>
    );
  }
  if (status !== "failed" || !localId) return null;
  return (
    <p className="delivery-state is-failed">
      <Icon name="alert" />
      <span>{error ? textOf(new ChatError(error)) : "It was refused."}</span>
      <button type="button" className="text-button" onClick={() => room.retry(localId)}>
        Try again
      </button>
      <button type="button" className="text-button" onClick={() => room.discard(localId)}>
        Discard
      </button>
    </p>
  );
}
