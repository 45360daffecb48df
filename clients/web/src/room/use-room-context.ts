import type { OpenRoom } from "@aetherconnect/client";
import { useMemo, useState } from "react";
import { useIsServerOld, useMe, useSnapshot } from "../chat.ts";
import type { RoomContextValue } from "../message/room-context.ts";
import { hrefOf, navigate } from "../router.ts";

export function useRoomContextValue(room: OpenRoom, isThread: boolean): RoomContextValue {
  const { room: info, members, error } = useSnapshot(room);
  const { id: myId, username: myUsername } = useMe();
  const [editing, setEditing] = useState<number>();
  const role = info?.membership?.role ?? "member";
  const isPublic = info?.roomType === "public";
  const isReadOnly = error !== undefined;
  const hasTools = !useIsServerOld();
  return useMemo(() => {
    const moderates = role !== "member";
    return {
      room,
      myId,
      myUsername,
      usernames: new Set((members ?? []).map(({ username }) => username)),
      mayPin: moderates || !isPublic,
      mayDeleteOthers: moderates,
      isReadOnly,
      hasTools,
      editing,
      setEditing,
      openThread: (seq) => navigate(hrefOf({ page: "room", roomId: room.id, thread: seq })),
      isThread,
    };
  }, [room, myId, myUsername, members, role, isPublic, isReadOnly, hasTools, editing, isThread]);
}
