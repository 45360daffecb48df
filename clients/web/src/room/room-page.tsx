import { useChat, useSnapshot } from "../chat.ts";
import type { RoomRoute } from "../router.ts";
import { Skeletons } from "../ui/skeletons.tsx";
import { JoinPage } from "./join-page.tsx";
import { RoomView } from "./room-view.tsx";
import { useRoom } from "./use-room.ts";

/** A room that one is in; else what it is and the way into it, for joining is one's own decision. */
export function RoomPage({ route }: { route: RoomRoute }) {
  const { rooms, isLoaded } = useSnapshot(useChat().rooms);
  if (!isLoaded) {
    return (
      <main className="page">
        <Skeletons label="Loading" count={8} />
      </main>
    );
  }
  const isMember = rooms.some(({ id }) => id === route.roomId);
  return isMember ? <JoinedRoom route={route} /> : <JoinPage roomId={route.roomId} />;
}

function JoinedRoom({ route }: { route: RoomRoute }) {
  const room = useRoom(route.roomId);
  return room ? <RoomView room={room} route={route} /> : <main className="page" aria-busy="true" />;
}
