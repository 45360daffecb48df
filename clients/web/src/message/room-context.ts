import type { OpenRoom } from "@aetherconnect/client";
import { createContext, useContext } from "react";

/** What the messages of a room need to know of it. */
export interface RoomContextValue {
  room: OpenRoom;
  myId: string;
  myUsername: string;
  usernames: ReadonlySet<string>;
  mayPin: boolean;
  mayDeleteOthers: boolean;
  isReadOnly: boolean;
  /** Whether anything can be done with a message. */
  hasTools: boolean;
  /** The message that is being edited. */
  editing: number | undefined;
  setEditing: (seq: number | undefined) => void;
  openThread: (seq: number) => void;
  /** Within a thread its replies don't say again what they reply to. */
  isThread: boolean;
}

export const RoomContext = createContext<RoomContextValue | undefined>(undefined);

export function useRoomContext(): RoomContextValue {
  const value = useContext(RoomContext);
  if (!value) throw new Error("no RoomContext above");
  return value;
}
