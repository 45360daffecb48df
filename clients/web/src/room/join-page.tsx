import type { Room as RoomInfo } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useChat } from "../chat.ts";
import { textOf } from "../errors.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FormError } from "../ui/form-error.tsx";
import { PageHeader } from "../ui/page-header.tsx";

export function JoinPage({ roomId }: { roomId: string }) {
  const chat = useChat();
  const [room, setRoom] = useState<RoomInfo>();
  const [error, setError] = useState<unknown>();
  const [joinError, setJoinError] = useState<unknown>();
  const [isJoining, setIsJoining] = useState(false);
  useEffect(() => {
    chat.call.getRoom({ roomId }).then((answer) => setRoom(answer.room), setError);
  }, [chat, roomId]);
  const join = async () => {
    setIsJoining(true);
    setJoinError(undefined);
    await chat.rooms.join(roomId).catch(setJoinError);
    setIsJoining(false);
  };
  return (
    <main className="page">
      <PageHeader title={<bdi>{room?.name ?? "Room"}</bdi>} />
      {error !== undefined && <EmptyState icon="lock" title={textOf(error)} />}
      {error === undefined && room && (
        <EmptyState
          icon="hash"
          title={room.name}
          actions={
            <>
              {joinError !== undefined && <FormError text={textOf(joinError)} />}
              <Button look="main" onPress={join} isPending={isJoining}>
                Join room
              </Button>
            </>
          }
        >
          {room.description ?? ""} {memberText(room.memberCount)}
        </EmptyState>
      )}
    </main>
  );
}

function memberText(count: number): string {
  return count === 1 ? "One person is in it." : `${count} people are in it.`;
}
