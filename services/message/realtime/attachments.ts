import type { RoomPosition } from "../store/store.ts";
import type { Outgoing } from "./delivery.ts";

/** Of a room, by its numbers. */
export type RoomEvent = Outgoing<"new_message" | "message_changed">;

/** What is held back for a socket that is about to join, from before it reads. */
export interface Attachment {
  /** How much is held by now. */
  count: () => number;
  /**
   * Whether a message went out as it was after changes that an answer, complete up to a position, is
   * too old to show: the message isn't sent after it, and neither are the changes.
   */
  isAheadOf: (position: RoomPosition) => boolean;
  /** What went out since the attachment was made, in that order; it ends by this. */
  end: () => RoomEvent[];
  /** The user is known to be a member after this change of their memberships. */
  confirm: (change: number) => void;
  /** The change of the user's memberships that the join rests on. */
  change: () => number;
  /** The later change by which the user was removed from the room, if there is one. */
  removedBy: () => number | undefined;
}

/** Holds what goes out to rooms for the sockets that are about to join them. */
export interface Attachments {
  /** @param change the last change of the user's memberships that has taken effect here */
  open: (roomId: string, userId: string, change: number) => Attachment;
  hold: (roomId: string, event: RoomEvent) => void;
  /** The user was removed by this change: what is held for an older join must not go out. */
  cancel: (roomId: string, userId: string, change: number) => void;
}

interface Held {
  userId: string;
  events: RoomEvent[];
  change: number;
  /** The last change by which the user was removed. */
  removedBy: number;
}

export function createAttachments(): Attachments {
  const heldIn = new Map<string, Set<Held>>();
  return {
    open(roomId, userId, change) {
      const held: Held = { userId, events: [], change, removedBy: 0 };
      const all = heldIn.get(roomId) ?? new Set();
      heldIn.set(roomId, all.add(held));
      return {
        count: () => held.events.length,
        isAheadOf: ({ lastSeq, lastRevision }) =>
          held.events.some(
            ({ event, payload }) =>
              event === "new_message" && payload.seq <= lastSeq && payload.revision > lastRevision,
          ),
        end() {
          const left = heldIn.get(roomId);
          left?.delete(held);
          if (left?.size === 0) heldIn.delete(roomId);
          return held.events;
        },
        confirm(confirmed) {
          held.change = Math.max(held.change, confirmed);
        },
        change: () => held.change,
        removedBy: () => (held.removedBy > held.change ? held.removedBy : undefined),
      };
    },
    hold(roomId, event) {
      for (const held of heldIn.get(roomId) ?? []) held.events.push(event);
    },
    cancel(roomId, userId, change) {
      for (const held of heldIn.get(roomId) ?? []) {
        if (held.userId === userId) held.removedBy = Math.max(held.removedBy, change);
      }
    },
  };
}

/** Whether an event is not in an answer that was complete up to a position of the room. */
export function isAfter({ lastSeq, lastRevision }: RoomPosition, event: RoomEvent): boolean {
  if (event.event === "new_message") return event.payload.seq > lastSeq;
  return (event.payload.message?.revision ?? 0) > lastRevision;
}
