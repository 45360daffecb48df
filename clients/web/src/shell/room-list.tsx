import type { Room as RoomInfo } from "@aetherconnect/client";
import { useState } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { WriteToDialog } from "../rooms/write-to-dialog.tsx";
import { Link } from "../ui/link.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import { RoomItem } from "./room-item.tsx";
import "./room-list.css";

export function RoomList() {
  const { rooms, isLoaded } = useSnapshot(useChat().rooms);
  const [isWriting, setIsWriting] = useState(false);
  if (!isLoaded) return <Skeletons label="Loading rooms" count={6} />;
  const direct = rooms.filter(({ roomType }) => roomType === "direct");
  const others = rooms.filter(({ roomType }) => roomType !== "direct");
  return (
    <>
      <Section title="Rooms" rooms={others}>
        You are in no room yet. <Link href="/browse">Browse rooms</Link>
      </Section>
      <Section title="Direct messages" rooms={direct}>
        <button type="button" className="text-button" onClick={() => setIsWriting(true)}>
          Write to somebody
        </button>
      </Section>
      {isWriting && <WriteToDialog onClose={() => setIsWriting(false)} />}
    </>
  );
}

interface SectionProps {
  title: string;
  rooms: readonly RoomInfo[];
  /** What is said where there are none. */
  children: React.ReactNode;
}

function Section({ title, rooms, children }: SectionProps) {
  return (
    <section className="room-list" aria-label={title}>
      <h2 className="room-list-title">{title}</h2>
      {rooms.length === 0 && <p className="room-list-empty">{children}</p>}
      <ul>
        {rooms.map((room) => (
          <RoomItem key={room.id} room={room} />
        ))}
      </ul>
    </section>
  );
}
