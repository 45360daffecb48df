import type { Room as RoomInfo } from "@aetherconnect/client";
import { useState } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { textOf } from "../errors.ts";
import { hrefOf, navigate } from "../router.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FormError } from "../ui/form-error.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { RoomAvatar } from "../ui/room-avatar.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import { usePages } from "../ui/use-pages.ts";
import { CreateRoomDialog } from "./create-room-dialog.tsx";
import "../ui/card-list.css";
import "./browse-page.css";

/** The rooms that anybody may join. */
export function BrowsePage() {
  const chat = useChat();
  const [isCreating, setIsCreating] = useState(false);
  const { items, isLoading, error, loadMore } = usePages("public", async (cursor) => {
    const page = Number(cursor ?? 1);
    const { rooms, pagination } = await chat.call.listPublicRooms({ page, limit: 50 });
    return { items: rooms, next: pagination.hasNext ? String(page + 1) : null };
  });
  return (
    <main className="page">
      <PageHeader title="Browse rooms">
        <span className="browse-space" />
        <Button icon="plus" onPress={() => setIsCreating(true)}>
          Create a room
        </Button>
      </PageHeader>
      <div className="page-body scrolls">
        <div className="page-column browse">
          {error !== undefined && <FormError text={textOf(error)} />}
          {items.length === 0 && isLoading && <Skeletons label="Loading rooms" count={6} />}
          {items.length === 0 && !isLoading && error === undefined && (
            <EmptyState icon="compass" title="There is no public room yet">
              Create the first one.
            </EmptyState>
          )}
          <ul className="card-list">
            {items.map((room) => (
              <PublicRoom key={room.id} room={room} />
            ))}
          </ul>
          {loadMore && <Button onPress={loadMore}>Show more</Button>}
        </div>
      </div>
      {isCreating && <CreateRoomDialog onClose={() => setIsCreating(false)} />}
    </main>
  );
}

function PublicRoom({ room }: { room: RoomInfo }) {
  const chat = useChat();
  const { rooms } = useSnapshot(chat.rooms);
  const [isBusy, setIsBusy] = useState(false);
  const isMember = rooms.some(({ id }) => id === room.id);
  const open = async () => {
    setIsBusy(true);
    try {
      if (!isMember) await chat.rooms.join(room.id);
      navigate(hrefOf({ page: "room", roomId: room.id }));
    } catch {
      setIsBusy(false);
    }
  };
  return (
    <li className="card-list-item">
      <RoomAvatar room={room} />
      <div className="browse-room-text">
        <p className="browse-room-name one-line" dir="auto">
          {room.name}
        </p>
        <p className="browse-room-about">
          {room.memberCount === 1 ? "1 member" : `${room.memberCount} members`}
          {room.description && (
            <>
              {" · "}
              <bdi>{room.description}</bdi>
            </>
          )}
        </p>
      </div>
      <Button
        look={isMember ? "plain" : "main"}
        onPress={() => void open()}
        isPending={isBusy}
        aria-label={`${isMember ? "Open" : "Join"} ${room.name}`}
      >
        {isMember ? "Open" : "Join"}
      </Button>
    </li>
  );
}
