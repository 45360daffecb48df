import { useState } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { CreateRoomDialog } from "../rooms/create-room-dialog.tsx";
import { navigate } from "../router.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";

export function HomePage() {
  const { rooms, isLoaded } = useSnapshot(useChat().rooms);
  const [isCreating, setIsCreating] = useState(false);
  const isNew = isLoaded && rooms.length === 0;
  return (
    <main className="page">
      {isNew ? (
        <EmptyState
          icon="thread"
          title="Welcome"
          actions={
            <>
              <Button look="main" onPress={() => navigate("/browse")}>
                Browse rooms
              </Button>
              <Button onPress={() => setIsCreating(true)}>Create a room</Button>
            </>
          }
        >
          Join a room that is open to all, or create one of your own.
        </EmptyState>
      ) : (
        <EmptyState icon="thread" title="Pick a room to read on">
          Press <kbd>Ctrl</kbd> <kbd>K</kbd> to jump to anybody or any room by name.
        </EmptyState>
      )}
      {isCreating && <CreateRoomDialog onClose={() => setIsCreating(false)} />}
    </main>
  );
}
